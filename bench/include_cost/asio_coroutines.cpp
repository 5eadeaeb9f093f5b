// SPDX-License-Identifier: MIT
#define ASIO_STANDALONE
#include <asio.hpp>
#include <asio/ssl.hpp>

#include <cstdio>

asio::awaitable<void> talk(asio::ssl::context& context, char** argv) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ssl::stream<asio::ip::tcp::socket> stream(executor, context);
  stream.set_verify_mode(asio::ssl::verify_peer);
  stream.set_verify_callback(asio::ssl::host_name_verification(argv[1]));
  SSL_set_tlsext_host_name(stream.native_handle(), argv[1]);
  asio::ip::tcp::resolver resolver(executor);
  co_await asio::async_connect(
      stream.next_layer(), co_await resolver.async_resolve(argv[1], argv[2], asio::use_awaitable), asio::use_awaitable);
  co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
  co_await asio::async_write(stream, asio::buffer(argv[3], 64), asio::use_awaitable);
  char answer[4096];
  for (;;) {
    const std::size_t count = co_await stream.async_read_some(asio::buffer(answer), asio::use_awaitable);
    std::fwrite(answer, 1, count, stdout);
  }
}

int main(int, char** argv) {
  asio::io_context loop;
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_default_verify_paths();
  asio::co_spawn(loop, talk(context, argv), asio::detached);
  loop.run();
}
