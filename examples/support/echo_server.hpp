// SPDX-License-Identifier: MIT
#ifndef TLSMODE_EXAMPLES_SUPPORT_ECHO_SERVER_HPP
#define TLSMODE_EXAMPLES_SUPPORT_ECHO_SERVER_HPP

// Somebody to talk to: a server in a thread, which sends back what it gets, to one client.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>

#include <tlsmode/poll_waiter.hpp>
#include <tlsmode/tlsmode.hpp>
#include <tlsmode/wait.hpp>

#include "support/certificates.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace examples {

/// A root made when the program starts, and a certificate for server.example below it.
[[nodiscard]] inline tlsmode::Trust trust() { return tlsmode::Trust::pem(tlsmode_tests::default_authority().pem()); }
[[nodiscard]] inline tlsmode::Identity identity() {
  const tlsmode_tests::Issued& server = tlsmode_tests::default_server();
  return tlsmode::Identity::from_pem(server.chain_pem(), server.key_pem());
}

class EchoServer {
 public:
  EchoServer() : thread_{[this] { serve(); }} {}
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;
  ~EchoServer() { thread_.join(); }

  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }

 private:
  void serve() {
    const tlsmode::Context<tlsmode::Server> context{identity()};
    tlsmode::Connection connection{context, listener_.accept()};
    tlsmode::PollWaiter waiter{connection.transport(), std::chrono::seconds{20}};
    std::array<std::byte, 16384> buffer;
    while (true) {
      const auto [status, bytes] = read_some(connection, buffer, waiter);
      if (status != tlsmode::WaitStatus::done) {
        require(status == tlsmode::WaitStatus::closed);
        break;
      }
      const std::span<const std::byte> got = std::span{buffer}.first(bytes);
      require(write_all(connection, got, waiter).status == tlsmode::WaitStatus::done);
    }
    require(shutdown(connection, waiter) == tlsmode::WaitStatus::done);
  }

  Listener listener_;
  std::thread thread_;
};

}  // namespace examples

#endif
