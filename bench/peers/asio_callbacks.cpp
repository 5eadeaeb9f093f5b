// SPDX-License-Identifier: MIT
#include "asio_peer.hpp"

namespace bench {
namespace {

void play_script(AsioConnection& connection) {
  for (;;) {
    const Step step = connection.script->next();
    switch (step.kind) {
      case Step::Kind::write:
        asio::async_write(connection.stream, asio::buffer(step.bytes.data(), step.bytes.size()),
                          [&connection](const asio::error_code& error, std::size_t count) {
                            check(error, "async_write");
                            connection.script->wrote(count);
                            play_script(connection);
                          });
        return;
      case Step::Kind::read:
        connection.stream.async_read_some(asio::buffer(connection.buffer),
                                          [&connection](const asio::error_code& error, std::size_t count) {
                                            check(error, "async_read_some");
                                            connection.script->received(std::span(connection.buffer).first(count));
                                            play_script(connection);
                                          });
        return;
      case Step::Kind::flush: connection.script->flushed(); break;
      case Step::Kind::end: return;
    }
  }
}

}  // namespace

const char* const peer_name = "asio_callbacks";
std::unique_ptr<Peer> make_peer(const Setup& setup) { return std::make_unique<AsioPeer<play_script>>(setup); }

}  // namespace bench
