// SPDX-License-Identifier: MIT
// TLS without I/O: two connections in one process, whose ciphertext is carried by hand. So it can be carried by
// anything: an event loop, a message queue, a test.

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <span>
#include <string_view>

#include <tlsmode/tlsmode.hpp>

#include "support/echo_server.hpp"
#include "support/run.hpp"

namespace {

/// Carries what `from` has to say to `to`, in pieces as small as a bad network makes them.
void carry(tlsmode::MemoryTransport& from, tlsmode::MemoryTransport& to) {
  while (!from.output().empty()) {
    const std::span<const std::byte> piece = from.output().first(std::min<std::size_t>(from.output().size(), 100));
    examples::require(to.add_input(piece));
    from.drop_output(piece.size());
  }
}

}  // namespace

int main() {
  return examples::run([] {
    const tlsmode::Context<tlsmode::Client> client_context{examples::trust()};
    const tlsmode::Context<tlsmode::Server> server_context{examples::identity()};
    tlsmode::Connection client{client_context, tlsmode::MemoryTransport{}, tlsmode::PeerName{"server.example"}};
    tlsmode::Connection server{server_context, tlsmode::MemoryTransport{}};

    int flights = 0;
    while (client.handshake() != tlsmode::IoStatus::done || server.handshake() != tlsmode::IoStatus::done) {
      carry(client.transport(), server.transport());
      examples::require(server.handshake() != tlsmode::IoStatus::failed);
      carry(server.transport(), client.transport());
      ++flights;
    }
    std::cout << client.version() << " after " << flights << " flights each way\n";

    constexpr std::string_view message = "carried by hand";
    examples::require(client.write(message).bytes == message.size());
    std::cout << message.size() << " bytes of text became " << client.transport().output().size() << " of ciphertext\n";
    carry(client.transport(), server.transport());

    std::array<char, 100> buffer;
    const auto [status, bytes] = server.read(buffer);
    examples::require(std::string_view{buffer.data(), bytes} == message);

    examples::require(client.shutdown() == tlsmode::IoStatus::done);
    carry(client.transport(), server.transport());
    examples::require(server.read(buffer).status == tlsmode::IoStatus::closed);  // the client has sent close_notify
    client.transport().end_input();
    examples::require(client.read(buffer).status == tlsmode::IoStatus::truncated);  // the server just went away
  });
}
