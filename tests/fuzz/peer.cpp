// SPDX-License-Identifier: MIT
// Bytes from a hostile peer, in every state: instead of the handshake, in the middle of it, after it, behind a close.
#include <memory>
#include <string>

#include "fuzz/fuzz.hpp"
#include "support/tls_pair.hpp"

namespace {

using namespace tlsmode_tests;

template <typename Connection>
void use(Connection& connection, Lane& incoming, Input& input) {
  char buffer[4096];
  const std::string text(100, 'a');
  for (int steps = 0; steps != 50; ++steps) {
    const auto bytes = input.bytes(input.number());
    incoming.bytes.insert(incoming.bytes.end(), bytes.begin(), bytes.end());
    const auto receive_calls = incoming.receive_calls;
    switch (input.byte() % 4) {
      case 0: static_cast<void>(connection.handshake()); break;
      case 1: static_cast<void>(connection.read(buffer)); break;
      case 2:
        if (connection.pending_write().length == 0) {
          static_cast<void>(connection.write(text));
        } else {
          static_cast<void>(connection.cancel_write());
        }
        break;
      default: static_cast<void>(connection.shutdown());
    }
    check_promises(connection);
    require(incoming.receive_calls - receive_calls < 5000, "no call spins");
    if (input.empty()) {
      incoming.ended = true;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const std::size_t first = input.byte();
  const auto pair = std::make_unique<TlsPair<>>();
  const std::size_t rounds = first >> 2U & 3U;  // of the handshake, before the hostile bytes
  for (std::size_t round = 0; round != rounds; ++round) {
    static_cast<void>(pair->client.handshake());
    static_cast<void>(pair->server.handshake());
  }
  if (first % 2 == 0) {
    use(pair->server, pair->wire.to_server, input);
  } else {
    use(pair->client, pair->wire.to_client, input);
  }
  return 0;
}
