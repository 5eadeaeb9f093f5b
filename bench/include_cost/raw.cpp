// SPDX-License-Identifier: MIT
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstdio>

int connect_to(const char* host, const char* port);

int main(int, char** argv) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_default_verify_paths(context);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL* ssl = SSL_new(context);
  SSL_set_tlsext_host_name(ssl, argv[1]);
  SSL_set1_host(ssl, argv[1]);
  SSL_set_fd(ssl, connect_to(argv[1], argv[2]));
  ERR_clear_error();
  if (SSL_connect(ssl) != 1) return ERR_print_errors_fp(stderr), 1;
  if (SSL_write(ssl, argv[3], 64) != 64) return 1;
  char answer[4096];
  for (int count; ERR_clear_error(), (count = SSL_read(ssl, answer, sizeof answer)) > 0;)
    std::fwrite(answer, 1, static_cast<unsigned>(count), stdout);
  SSL_shutdown(ssl);
  SSL_free(ssl);
  SSL_CTX_free(context);
}
