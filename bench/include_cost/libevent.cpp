// SPDX-License-Identifier: MIT
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/ssl.h>

#include <cstdio>

int connect_to(const char* host, const char* port);

void on_read(bufferevent* events, void*) {
  char answer[4096];
  for (std::size_t count; (count = bufferevent_read(events, answer, sizeof answer)) > 0;)
    std::fwrite(answer, 1, count, stdout);
}

void on_event(bufferevent*, short what, void* loop) {
  if ((what & BEV_EVENT_CONNECTED) == 0) event_base_loopbreak(static_cast<event_base*>(loop));
}

int main(int, char** argv) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_default_verify_paths(context);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL* ssl = SSL_new(context);
  SSL_set_tlsext_host_name(ssl, argv[1]);
  SSL_set1_host(ssl, argv[1]);
  event_base* loop = event_base_new();
  const int descriptor = connect_to(argv[1], argv[2]);
  evutil_make_socket_nonblocking(descriptor);
  bufferevent* events =
      bufferevent_openssl_socket_new(loop, descriptor, ssl, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(events, on_read, nullptr, on_event, loop);
  bufferevent_enable(events, EV_READ | EV_WRITE);
  bufferevent_write(events, argv[3], 64);
  event_base_dispatch(loop);
  SSL_shutdown(ssl);
  bufferevent_free(events);
  event_base_free(loop);
  SSL_CTX_free(context);
}
