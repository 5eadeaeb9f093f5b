// SPDX-License-Identifier: MIT
// A client that waits: no loop, no flags, and a deadline for all of it.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string_view>

#include <tlsmode/poll_waiter.hpp>
#include <tlsmode/tlsmode.hpp>
#include <tlsmode/wait.hpp>

#include "support/echo_server.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

using namespace std::literals;

namespace {

void talk(std::uint16_t port) {
  const tlsmode::Context<tlsmode::Client> context{examples::trust()};  // without an argument: what the system trusts
  tlsmode::Connection connection{context, examples::connect_to(port), tlsmode::PeerName{"server.example"}};
  tlsmode::PollWaiter waiter{connection.transport(), 10s};

  constexpr std::string_view question = "Are you there?";
  if (write_all(connection, question, waiter).status != tlsmode::WaitStatus::done) {  // does the handshake, too
    throw tlsmode::Error{connection.error()};
  }
  std::cout << connection.version() << " with " << connection.cipher() << '\n';

  std::array<char, question.size()> answer;
  const auto [status, bytes] = read_exactly(connection, answer, waiter);
  std::cout << std::string_view{answer.data(), bytes} << " (" << name(status) << ")\n";
  examples::require(std::string_view{answer.data(), bytes} == question);

  examples::require(close(connection, waiter).status ==
                    tlsmode::WaitStatus::done);  // the peer has everything, and says so
}

}  // namespace

int main() {
  return examples::run([] {
    const examples::EchoServer server;
    talk(server.port());
  });
}
