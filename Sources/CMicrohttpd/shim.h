#pragma once
#include <sys/prctl.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <string.h>

/* Variadic functions, unions and function-pointer options do not reach Swift: this is the least C that wraps them. */

struct mhd_settings
{
  unsigned int threads;
  unsigned int connection_limit;
  unsigned int idle_seconds;
  size_t connection_memory;
  void *context;
  MHD_AccessHandlerCallback on_request;
  MHD_RequestCompletedCallback on_completed;
  MHD_NotifyConnectionCallback on_connection;
  void (*on_log) (void *context, const char *format, va_list arguments);
};

/* The default decodes before anybody has split the path, and cuts it at %00. */
static inline size_t
mhd_keep_escapes (void *context, struct MHD_Connection *connection, char *text)
{
  (void) context;
  (void) connection;
  return strlen (text);
}

static inline struct MHD_Daemon *
mhd_start (const struct mhd_settings *settings)
{
  /* "A pool of one" is warned about and ignored, so it is left out. */
  struct MHD_OptionItem pool[] = {
    { settings->threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t) settings->threads, NULL },
    { MHD_OPTION_END, 0, NULL }
  };
  return MHD_start_daemon (MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG
                           | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, settings->on_request, settings->context,
                           MHD_OPTION_EXTERNAL_LOGGER, settings->on_log, settings->context,
                           MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_seconds,
                           MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_memory,
                           MHD_OPTION_CONNECTION_LIMIT, settings->connection_limit,
                           MHD_OPTION_UNESCAPE_CALLBACK, &mhd_keep_escapes, NULL,
                           MHD_OPTION_NOTIFY_COMPLETED, settings->on_completed, settings->context,
                           MHD_OPTION_NOTIFY_CONNECTION, settings->on_connection, settings->context,
                           MHD_OPTION_ARRAY, pool,
                           MHD_OPTION_END);
}

/* Header fields and query in one pass; Swift takes the flags for a closed enumeration. */
static inline void
mhd_each_field (struct MHD_Connection *connection, MHD_KeyValueIterator visit, void *context)
{
  MHD_get_connection_values (connection, (enum MHD_ValueKind) (MHD_HEADER_KIND | MHD_GET_ARGUMENT_KIND), visit, context);
}

static inline int
mhd_socket (struct MHD_Connection *connection)
{
  const union MHD_ConnectionInfo *info = MHD_get_connection_info (connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == NULL ? -1 : info->connect_fd;
}

/* What on_connection stored when the connection opened. */
static inline void *
mhd_socket_context (struct MHD_Connection *connection)
{
  const union MHD_ConnectionInfo *info = MHD_get_connection_info (connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? NULL : info->socket_context;
}

static inline const struct sockaddr *
mhd_client_address (struct MHD_Connection *connection)
{
  const union MHD_ConnectionInfo *info = MHD_get_connection_info (connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info == NULL ? NULL : info->client_addr;
}

/* Names the calling thread, at most 15 bytes; prctl(2) is variadic. */
static inline void
name_thread (const char *name)
{
  prctl (PR_SET_NAME, name);
}
