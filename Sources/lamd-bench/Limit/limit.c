/* The least that an HTTP server on libmicrohttpd can do: take a request's body and answer with constant bytes. */

#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum MHD_Result
answer (void *reply, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
        const char *body, size_t *length, void **seen)
{
  (void) url, (void) method, (void) version, (void) body;
  if (*seen == NULL)
    {
      *seen = reply;
      return MHD_YES;
    }
  if (*length != 0)
    {
      *length = 0;
      return MHD_YES;
    }
  return MHD_queue_response (connection, MHD_HTTP_OK, reply);
}

int
main (int count, char *arguments[])
{
  if (count != 3)
    {
      fprintf (stderr, "usage: %s PORT REPLY\n", arguments[0]);
      return 2;
    }
  sigset_t signals;
  sigemptyset (&signals);
  sigaddset (&signals, SIGTERM);
  sigaddset (&signals, SIGINT);
  sigprocmask (SIG_BLOCK, &signals, NULL);
  struct MHD_Response *reply
      = MHD_create_response_from_buffer (strlen (arguments[2]), arguments[2], MHD_RESPMEM_PERSISTENT);
  MHD_add_response_header (reply, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_port = htons (atoi (arguments[1])),
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  struct MHD_Daemon *daemon = MHD_start_daemon (MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, &answer, reply,
                                                MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_END);
  if (daemon == NULL)
    {
      perror ("cannot start");
      return 1;
    }
  int number;
  sigwait (&signals, &number);
  MHD_stop_daemon (daemon);
  MHD_destroy_response (reply);
  return 0;
}
