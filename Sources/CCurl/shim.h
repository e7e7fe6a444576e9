#pragma once
#include <curl/curl.h>

/* Options are set by a variadic function, which does not reach Swift: one wrapper for each type of value. */

static inline CURLcode
curl_set_long (CURL *handle, CURLoption option, long value)
{
  return curl_easy_setopt (handle, option, value);
}

static inline CURLcode
curl_set_text (CURL *handle, CURLoption option, const char *value)
{
  return curl_easy_setopt (handle, option, value);
}

static inline CURLcode
curl_set_headers (CURL *handle, struct curl_slist *headers)
{
  return curl_easy_setopt (handle, CURLOPT_HTTPHEADER, headers);
}

static inline CURLcode
curl_set_errors (CURL *handle, char *buffer)
{
  return curl_easy_setopt (handle, CURLOPT_ERRORBUFFER, buffer);
}

static inline CURLcode
curl_set_sink (CURL *handle, size_t (*sink) (char *, size_t, size_t, void *), void *context)
{
  CURLcode code = curl_easy_setopt (handle, CURLOPT_WRITEFUNCTION, sink);
  return code == CURLE_OK ? curl_easy_setopt (handle, CURLOPT_WRITEDATA, context) : code;
}

/* `watch` is asked about once a second whether to go on: anything but 0 ends the transfer. */
static inline CURLcode
curl_set_watch (CURL *handle, int (*watch) (void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t), void *context)
{
  CURLcode code = curl_easy_setopt (handle, CURLOPT_XFERINFOFUNCTION, watch);
  if (code == CURLE_OK)
    code = curl_easy_setopt (handle, CURLOPT_XFERINFODATA, context);
  return code == CURLE_OK ? curl_easy_setopt (handle, CURLOPT_NOPROGRESS, 0L) : code;
}

/* 0 before there is a reply. */
static inline long
curl_status (CURL *handle)
{
  long status = 0;
  curl_easy_getinfo (handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}
