#pragma once
#include <sys/prctl.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

/* Variadic functions, unions and function-pointer options do not reach Swift: this is the least C that wraps them. */

struct mhd_settings
{
  unsigned int threads;
  bool is_secure;
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

/* Sees an address before libmicrohttpd cuts it at its "?" and makes a node of each parameter, in the memory that the head
   and the reply's must share: a hundred of them fill it, and the connection ends without a word. So the query moves on by a
   byte, over the NUL behind it, and makes room for one before it: there are no parameters then, and the query's end is
   where the version begins. */
static inline void *
mhd_hide_query (void *context, const char *address, struct MHD_Connection *connection)
{
  (void) context;
  (void) connection;
  char *mark = address == NULL ? NULL : strchr (address, '?');
  if (mark != NULL)
    {
      memmove (mark + 2, mark + 1, strlen (mark + 1));
      mark[1] = 0;
    }
  return NULL;
}

/* libmicrohttpd wants a certificate at its start, for good. Ours come with each connection (mhd_tls_session), so that it
   never has to ask for one. */
static inline int
mhd_no_certificate (gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
                    const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **certificates,
                    unsigned int *certificate_count, gnutls_privkey_t *key)
{
  (void) session, (void) authorities, (void) authority_count, (void) algorithms, (void) algorithm_count;
  (void) certificates, (void) certificate_count, (void) key;
  return -1;
}

static inline struct MHD_Daemon *
mhd_start (const struct mhd_settings *settings)
{
  struct MHD_OptionItem more[4] = { { MHD_OPTION_END, 0, NULL } };
  unsigned int count = 0;
  /* "A pool of one" is warned about and ignored, so it is left out. */
  if (settings->threads > 1)
    more[count++] = (struct MHD_OptionItem) { MHD_OPTION_THREAD_POOL_SIZE, (intptr_t) settings->threads, NULL };
  if (settings->is_secure)
    {
      more[count++] = (struct MHD_OptionItem) { MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *) &mhd_no_certificate };
      more[count++] = (struct MHD_OptionItem) { MHD_OPTION_HTTPS_PRIORITIES, 0,
                                                "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" };
    }
  more[count] = (struct MHD_OptionItem) { MHD_OPTION_END, 0, NULL };
  return MHD_start_daemon (MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG
                           | MHD_USE_NO_LISTEN_SOCKET | (settings->is_secure ? MHD_USE_TLS : 0), 0, NULL, NULL, settings->on_request, settings->context,
                           MHD_OPTION_EXTERNAL_LOGGER, settings->on_log, settings->context,
                           MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_seconds,
                           MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_memory,
                           MHD_OPTION_CONNECTION_LIMIT, settings->connection_limit,
                           MHD_OPTION_UNESCAPE_CALLBACK, &mhd_keep_escapes, NULL,
                           MHD_OPTION_URI_LOG_CALLBACK, &mhd_hide_query, NULL,
                           MHD_OPTION_NOTIFY_COMPLETED, settings->on_completed, settings->context,
                           MHD_OPTION_NOTIFY_CONNECTION, settings->on_connection, settings->context,
                           MHD_OPTION_ARRAY, more,
                           MHD_OPTION_END);
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

/* NULL where the connection is plain. */
static inline gnutls_session_t
mhd_tls_session (struct MHD_Connection *connection)
{
  const union MHD_ConnectionInfo *info = MHD_get_connection_info (connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  return info == NULL ? NULL : (gnutls_session_t) info->tls_session;
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
