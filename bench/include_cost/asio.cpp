// SPDX-License-Identifier: MIT
#define ASIO_STANDALONE
#include <asio.hpp>
#include <asio/ssl.hpp>

#include <cstdio>

int main(int, char** argv) try {
  asio::io_context loop;
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_default_verify_paths();
  asio::ssl::stream<asio::ip::tcp::socket> stream(loop, context);
  stream.set_verify_mode(asio::ssl::verify_peer);
  stream.set_verify_callback(asio::ssl::host_name_verification(argv[1]));
  SSL_set_tlsext_host_name(stream.native_handle(), argv[1]);
  asio::connect(stream.next_layer(), asio::ip::tcp::resolver(loop).resolve(argv[1], argv[2]));
  stream.handshake(asio::ssl::stream_base::client);
  asio::write(stream, asio::buffer(argv[3], 64));
  char answer[4096];
  asio::error_code end;
  for (std::size_t count; (count = stream.read_some(asio::buffer(answer), end)) > 0;)
    std::fwrite(answer, 1, count, stdout);
  stream.shutdown(end);
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
