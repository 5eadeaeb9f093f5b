// SPDX-License-Identifier: MIT
#include "asio_peer.hpp"

namespace bench {
namespace {

asio::awaitable<void> follow_script(AsioConnection& connection) {
  for (;;) {
    const Step step = connection.script->next();
    switch (step.kind) {
      case Step::Kind::write:
        connection.script->wrote(co_await asio::async_write(
            connection.stream, asio::buffer(step.bytes.data(), step.bytes.size()), asio::use_awaitable));
        break;
      case Step::Kind::read: {
        const std::size_t count =
            co_await connection.stream.async_read_some(asio::buffer(connection.buffer), asio::use_awaitable);
        connection.script->received(std::span(connection.buffer).first(count));
        break;
      }
      case Step::Kind::flush: connection.script->flushed(); break;
      case Step::Kind::end: co_return;
    }
  }
}

void play_script(AsioConnection& connection) {
  asio::co_spawn(connection.stream.get_executor(), follow_script(connection), [](std::exception_ptr problem) {
    if (problem) fail("a coroutine threw");
  });
}

}  // namespace

const char* const peer_name = "asio_coroutines";
std::unique_ptr<Peer> make_peer(const Setup& setup) { return std::make_unique<AsioPeer<play_script>>(setup); }

}  // namespace bench
