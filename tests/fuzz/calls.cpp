// SPDX-License-Identifier: MIT
// Sequences of calls and of network events over two connections of any kinds. Each reads exactly what the other was
// told is accepted, in order, once. The input: three bytes about the pair, then three for every step.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "fuzz/fuzz.hpp"
#include "fuzz/raw_ssl.hpp"
#include "fuzz/side.hpp"

namespace {

using namespace tlsmode_tests;
using tlsmode::Role;

/// The network under a pair, and what was said over it.
struct World {
  Wire wire;
  WireEnd client_end = WireEnd::client(wire);
  WireEnd server_end = WireEnd::server(wire);
  Said client_said{.seed = 0};
  Said server_said{.seed = 1U << 30U};
  bool hurt = false;
};

void run(Input& input) {
  World world;
  const unsigned client_kind = input.byte();
  const unsigned server_kind = input.byte();
  const unsigned start = input.byte();
  const int version = start % 2 == 0 ? TLS1_3_VERSION : TLS1_2_VERSION;
  const bool resumes = (start >> 1U) % 4 != 0;
  const unsigned raw_rounds = (start >> 3U) % 8;  // done by OpenSSL alone, before the connections adopt; 0: none
  const bool connected = (start >> 6U) % 4 != 0;

  SslHandle raw_client;
  SslHandle raw_server;
  if (raw_rounds != 0) {
    raw_client = make_ssl(Role::client, client_kind, world.client_end);
    raw_server = make_ssl(Role::server, server_kind, world.server_end);
    set_version(raw_client.get(), version, resumes);
    for (unsigned round = 1; round != raw_rounds; ++round) {
      ::SSL_do_handshake(raw_client.get());
      ::SSL_do_handshake(raw_server.get());
    }
    ::ERR_clear_error();
  }
  auto made_client = make_connection(Role::client, client_kind, world.client_end, std::move(raw_client));
  auto made_server = make_connection(Role::server, server_kind, world.server_end, std::move(raw_server));
  if (raw_rounds == 0) set_version(made_client->native_handle(), version, resumes);

  Side client{std::move(made_client), world.wire.to_server, world.wire.to_client,
              world.client_said,      world.server_said,    world.hurt};
  Side server{std::move(made_server), world.wire.to_client, world.wire.to_server,
              world.server_said,      world.client_said,    world.hurt};
  for (int round = 0; connected && round != 3; ++round) {
    client.handshake();
    server.handshake();
  }
  for (int steps = 0; steps != 300 && !input.empty(); ++steps) {
    const unsigned what = input.byte();
    const unsigned how = input.number();
    (what % 2 == 0 ? client : server).act(what / 2, how);
  }
  for (Lane* const lane : {&world.wire.to_client, &world.wire.to_server}) {
    lane->budget = lane->most_sent = lane->most_received = unlimited;
  }
  for (int round = 0; round != 8; ++round) {
    if (client.exists()) client.carry_on();
    if (server.exists()) server.carry_on();
  }
  if (!world.hurt) {
    client.require_rest();
    server.require_rest();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  run(input);
  return 0;
}
