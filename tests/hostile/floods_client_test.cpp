// SPDX-License-Identifier: MIT
#include <tlsmode/tlsmode.hpp>

#include "hostile/floods.hpp"
#include "hostile/victim.hpp"
#include "support/catch.hpp"

TEMPLATE_LIST_TEST_CASE("a peer without end keeps a client that waits no longer than its deadline", "",
                        hostile::Victims<tlsmode::Client>) {
  hostile::flood_the_waiting_layer<TestType>();
}

TEMPLATE_LIST_TEST_CASE("a peer without end does not keep a client in its handshake", "",
                        hostile::Victims<tlsmode::Client>) {
  hostile::flood_a_handshake<TestType>();
}

TEMPLATE_LIST_TEST_CASE("a peer without end does not make the poll loop of a client spin", "",
                        hostile::Victims<tlsmode::Client>) {
  hostile::flood_a_poll_loop<TestType>();
}
