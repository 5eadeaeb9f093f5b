// SPDX-License-Identifier: MIT
#ifndef TLSMODE_EXAMPLES_SUPPORT_CONNECT_PROXY_HPP
#define TLSMODE_EXAMPLES_SUPPORT_CONNECT_PROXY_HPP

// An HTTP proxy in a thread, which is spoken to over TLS and knows one method, CONNECT. For one client. It carries the
// bytes, and does not see what they say.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include <poll.h>

#include <tlsmode/poll_waiter.hpp>
#include <tlsmode/tlsmode.hpp>
#include <tlsmode/wait.hpp>

#include "support/echo_server.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace examples {

/// Reads to the empty line that ends the head of an HTTP message, and no byte further.
template <typename Connection, typename Waiter>
[[nodiscard]] std::string read_head(Connection& connection, Waiter& waiter) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    char byte = 0;
    require(read_some(connection, std::span{&byte, 1}, waiter).status == tlsmode::WaitStatus::done);
    head += byte;
  }
  return head;
}

class ConnectProxy {
 public:
  ConnectProxy() : thread_{[this] { serve(); }} {}
  ConnectProxy(const ConnectProxy&) = delete;
  ConnectProxy& operator=(const ConnectProxy&) = delete;
  ~ConnectProxy() { thread_.join(); }

  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }

 private:
  void serve() {
    const tlsmode::Context<tlsmode::Server> context{identity()};
    tlsmode::Connection client{context, listener_.accept()};
    tlsmode::PollWaiter waiter{client.transport(), std::chrono::seconds{20}};
    const std::string request = read_head(client, waiter);  // CONNECT host:port HTTP/1.1
    const std::size_t colon = request.find(':');
    require(request.starts_with("CONNECT ") && colon != std::string::npos);
    tlsmode::Socket origin = connect_to(static_cast<std::uint16_t>(std::stoul(request.substr(colon + 1))));
    constexpr std::string_view answer = "HTTP/1.1 200 Connection established\r\n\r\n";
    require(write_all(client, answer, waiter).status == tlsmode::WaitStatus::done);
    carry(client, origin, waiter);
    require(close(client, waiter).status == tlsmode::WaitStatus::done);
  }

  /// Carries bytes both ways, until both sides have ended.
  template <typename Client>
  static void carry(Client& client, tlsmode::Socket& origin, tlsmode::PollWaiter& waiter) {
    std::array<std::byte, 16384> buffer;
    bool client_speaks = true;
    bool origin_speaks = true;
    while (origin_speaks) {
      ::pollfd ready[2] = {{client_speaks ? client.transport().native_handle() : -1, POLLIN, 0},
                           {origin.native_handle(), POLLIN, 0}};
      require(client.has_input() || ::poll(ready, 2, 20'000) > 0);
      tlsmode::ReadResult got{};
      while (client_speaks && (got = client.read(buffer)).status == tlsmode::IoStatus::done) {
        for (std::span rest = std::span{buffer}.first(got.bytes); !rest.empty();) {
          rest = rest.subspan(origin.send(rest).bytes);  // it blocks
        }
      }
      if (client_speaks && got.status == tlsmode::IoStatus::closed) {
        client_speaks = false;
        ::shutdown(origin.native_handle(), SHUT_WR);
      }
      if (ready[1].revents != 0) {
        const auto [status, bytes] = origin.receive(buffer);
        origin_speaks = status == tlsmode::IoStatus::done;
        const std::span<const std::byte> piece = std::span{buffer}.first(bytes);
        require(write_all(client, piece, waiter).status == tlsmode::WaitStatus::done);
      }
    }
  }

  Listener listener_;
  std::thread thread_;
};

}  // namespace examples

#endif
