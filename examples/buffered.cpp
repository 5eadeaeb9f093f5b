// SPDX-License-Identifier: MIT
// Many small writes, and no rule to remember: temporaries may be written, nothing has to be kept, nothing is retried.
// The library fills whole records; flush() sends what is left. The socket blocks, so there is nothing to wait for.

#include <array>
#include <cstddef>
#include <iostream>
#include <string>
#include <utility>

#include <tlsmode/tlsmode.hpp>

#include "demo/counting_socket.hpp"
#include "support/echo_server.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace {

using tlsmode::IoStatus;

struct Gathering : tlsmode::Client {
  using Writes = tlsmode::BufferedWrites;
};

struct Cost {
  std::size_t records;
  std::size_t system_calls;
};

/// Sends a thousand lines, and reads them back.
template <typename Policy>
Cost send_lines() {
  const examples::EchoServer server;
  const tlsmode::Context<Policy> context{examples::trust()};
  tlsmode::Connection connection{context, demo::CountingSocket{examples::connect_to(server.port())},
                                 tlsmode::PeerName{"server.example"}};
  const demo::CountingSocket& socket = connection.transport();
  examples::require(connection.handshake() == IoStatus::done);
  const Cost before{socket.records_sent(), socket.system_calls()};

  std::string sent;
  for (int i = 0; i != 1000; ++i) {
    std::string line = "line number " + std::to_string(i) + "\n";
    sent += line;
    if constexpr (tlsmode::BuffersWrites<Policy>) {
      examples::require(connection.write(std::move(line)).status == IoStatus::done);  // gone, and nobody needs it
    } else {
      examples::require(connection.write(line).status == IoStatus::done);
    }
  }
  examples::require(connection.flush() == IoStatus::done);
  const Cost cost{socket.records_sent() - before.records, socket.system_calls() - before.system_calls};

  std::string received;
  while (received.size() < sent.size()) {
    std::array<char, 16384> buffer;
    const auto [status, bytes] = connection.read(buffer);
    examples::require(status == IoStatus::done);
    received.append(buffer.data(), bytes);
  }
  examples::require(received == sent);
  examples::require(connection.shutdown() == IoStatus::done);
  return cost;
}

}  // namespace

int main() {
  return examples::run([] {
    const Cost one_by_one = send_lines<tlsmode::Client>();
    const Cost gathered = send_lines<Gathering>();
    std::cout << "1000 lines, StrictWrites: " << one_by_one.records << " records, " << one_by_one.system_calls
              << " system calls\n"
              << "1000 lines, BufferedWrites: " << gathered.records << " records, " << gathered.system_calls
              << " system calls\n";
    examples::require(gathered.records < one_by_one.records);
  });
}
