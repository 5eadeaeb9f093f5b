// SPDX-License-Identifier: MIT
// Coroutines on an event loop of one's own, here bare epoll: a client and a server in one thread, and nobody blocks.

#include <array>
#include <iostream>
#include <span>
#include <string_view>
#include <utility>

#include <tlsmode/coroutine.hpp>
#include <tlsmode/tlsmode.hpp>

#include "support/echo_server.hpp"
#include "support/epoll_loop.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace {

using examples::EpollLoop;
using examples::Task;
using tlsmode::WaitStatus;

Task ask(tlsmode::Connection<tlsmode::Client>& connection, EpollLoop::Source& source) {
  examples::require(co_await async_handshake(connection, source) == WaitStatus::done);
  constexpr std::string_view question = "Is anybody waiting?";
  std::array<char, question.size()> answer;
  examples::require((co_await async_write_all(connection, question, source)).status == WaitStatus::done);
  examples::require((co_await async_read_exactly(connection, answer, source)).status == WaitStatus::done);
  std::cout << std::string_view{answer.data(), answer.size()} << " (" << connection.version() << ")\n";
  examples::require((co_await async_close(connection, source)).status == WaitStatus::done);
}

Task echo(tlsmode::Connection<tlsmode::Server>& connection, EpollLoop::Source& source) {
  std::array<std::byte, 16384> buffer;
  while (true) {
    const auto [status, bytes] = co_await async_read_some(connection, buffer, source);
    if (status != WaitStatus::done) {
      examples::require(status == WaitStatus::closed);
      break;
    }
    const std::span<const std::byte> got = std::span{buffer}.first(bytes);
    examples::require((co_await async_write_all(connection, got, source)).status == WaitStatus::done);
  }
  examples::require(co_await async_shutdown(connection, source) == WaitStatus::done);
}

}  // namespace

int main() {
  return examples::run([] {
    const tlsmode::Context<tlsmode::Client> client_context{examples::trust()};
    const tlsmode::Context<tlsmode::Server> server_context{examples::identity()};
    auto [ours, theirs] = examples::connected_pair();
    tlsmode::Connection client{client_context, std::move(ours), tlsmode::PeerName{"server.example"}};
    tlsmode::Connection server{server_context, std::move(theirs)};

    EpollLoop loop;
    EpollLoop::Source client_source{loop, client.transport().native_handle()};
    EpollLoop::Source server_source{loop, server.transport().native_handle()};
    const Task asking = ask(client, client_source);
    const Task echoing = echo(server, server_source);
    while (!asking.done() || !echoing.done()) {
      loop.turn();
    }
  });
}
