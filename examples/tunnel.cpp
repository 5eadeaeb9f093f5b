// SPDX-License-Identifier: MIT
// TLS inside TLS: to a server, through an HTTP proxy that is itself spoken to over TLS.

#include <array>
#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#include <tlsmode/poll_waiter.hpp>
#include <tlsmode/tlsmode.hpp>
#include <tlsmode/tunnel.hpp>
#include <tlsmode/wait.hpp>

#include "support/connect_proxy.hpp"
#include "support/echo_server.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

using namespace std::literals;

namespace {

using tlsmode::WaitStatus;

/// The connection to the proxy carries another one: it must not have writes that wait to be retried.
struct ToProxy : tlsmode::Client {
  using Writes = tlsmode::BufferedWrites;
};

void talk(std::uint16_t proxy_port, const std::string& target) {
  const tlsmode::Context<ToProxy> proxy_context{examples::trust()};
  tlsmode::Connection proxy{proxy_context, examples::connect_to(proxy_port), tlsmode::PeerName{"server.example"}};
  const tlsmode::Socket socket = tlsmode::Socket::borrow(proxy.transport().native_handle());
  tlsmode::PollWaiter waiter{socket, 10s};  // the socket below is what both connections wait for

  const std::string request = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n";
  examples::require(write_all(proxy, request, waiter).status == WaitStatus::done);
  const std::string answer = examples::read_head(proxy, waiter);
  std::cout << answer.substr(0, answer.find('\r')) << '\n';
  examples::require(answer.starts_with("HTTP/1.1 200"));

  const tlsmode::Context<tlsmode::Client> context{examples::trust()};
  tlsmode::Connection connection{context, tlsmode::Tunnel{std::move(proxy)}, tlsmode::PeerName{"server.example"}};
  constexpr std::string_view question = "Does the proxy see this?";
  std::array<char, question.size()> echo;
  examples::require(write_all(connection, question, waiter).status == WaitStatus::done);
  examples::require(read_exactly(connection, echo, waiter).status == WaitStatus::done);
  std::cout << std::string_view{echo.data(), echo.size()} << " (" << connection.version() << " inside "
            << connection.transport().connection().version() << ")\n";

  examples::require(close(connection, waiter).status == WaitStatus::done);                           // the server,
  examples::require(close(connection.transport().connection(), waiter).status == WaitStatus::done);  // then the proxy
}

}  // namespace

int main() {
  return examples::run([] {
    const examples::EchoServer server;
    const examples::ConnectProxy proxy;
    talk(proxy.port(), "server.example:" + std::to_string(server.port()));
  });
}
