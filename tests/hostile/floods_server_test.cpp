// SPDX-License-Identifier: MIT
#include <cstdio>

#include <tlsmode/tlsmode.hpp>

#include "hostile/floods.hpp"
#include "hostile/victim.hpp"
#include "support/catch.hpp"

TEMPLATE_LIST_TEST_CASE("a peer without end keeps a server that waits no longer than its deadline", "",
                        hostile::Victims<tlsmode::Server>) {
  hostile::flood_the_waiting_layer<TestType>();
}

TEMPLATE_LIST_TEST_CASE("a peer without end does not keep a server in its handshake", "",
                        hostile::Victims<tlsmode::Server>) {
  hostile::flood_a_handshake<TestType>();
}

TEMPLATE_LIST_TEST_CASE("a peer without end does not make the poll loop of a server spin", "",
                        hostile::Victims<tlsmode::Server>) {
  hostile::flood_a_poll_loop<TestType>();
}

TEST_CASE("what the floods have cost at most") {
  const hostile::Cost& cost = hostile::worst.cost;
  std::printf("%zu floods; at most %zu turns, %zu calls of the transport, %zu of OpenSSL, %zu bytes, %zu ticks late\n",
              hostile::worst.floods, cost.turns, cost.calls, cost.ssl_calls, cost.kept, cost.late);
  CHECK(hostile::worst.floods != 0);
}
