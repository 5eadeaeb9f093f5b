// SPDX-License-Identifier: MIT
// Descriptors that are gone, and descriptors that nobody may keep.
#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>

#include "faults/ends.hpp"
#include "faults/open_descriptors.hpp"

using namespace faults;
using namespace tlsmode_tests;
using namespace tlsmode;

TEST_CASE("no descriptor leaks, however a connection comes to its end or to nothing") {
  const Context<Server> context{identity_of(default_server())};
  const std::size_t before = open_descriptors();
  for (int way = 0; way != 5; ++way) {
    INFO("way " << way);
    {
      const Ends ends = unix_ends();
      Context<Server> moved{identity_of(default_server())};
      const Context<Server> owner{std::move(moved)};
      if (way == 0) {
        CHECK(thrown_by([&] { return Connection<Server>{moved, Socket{ends.ours}}; }).kind() == ErrorKind::misuse);
      } else if (way == 1) {
        CHECK(thrown_by([&] { return Connection<Server>{nullptr, Socket{ends.ours}}; }).kind() == ErrorKind::input);
      } else {
        Connection<Server> connection{context, Socket{ends.ours}};
        if (way == 3) static_cast<void>(connection.handshake());
        if (way == 4) connection = Connection<Server>{context, Socket{::dup(ends.ours)}};
      }
      ::close(ends.theirs);
    }
    CHECK(open_descriptors() == before);
  }
}

TEMPLATE_TEST_CASE("a descriptor that is closed behind a connection's back fails with EBADF", "", StrictWrites,
                   PartialWrites, MovingWrites, PartialMovingWrites, BufferedWrites) {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const bool congested = GENERATE(false, true);
  const Ends ends = tcp_ends(4096);
  Subject<TestType> client{ends.ours, version};
  Peer peer{ends.theirs, version};
  REQUIRE(shake_hands(client, peer));
  const std::string plenty = pattern(1'000'000);
  if (congested) client.congest(plenty);
  ::close(client.connection.transport().release());
  const auto check_error = [&] {
    CHECK(client.connection.error().kind() == ErrorKind::system);
    CHECK(client.connection.error().system_error() == EBADF);
    CHECK(says(client.connection.error(), "the transport failed; Bad file descriptor"));
  };
  CHECK((congested ? client.go_on(plenty).status : client.put(plenty)) == IoStatus::failed);
  check_error();
  CHECK(client.connection.pending_write().length == 0);
  CHECK(clean(client.connection.shutdown()) == IoStatus::failed);
  check_error();
  char buffer[100];
  CHECK(clean(client.connection.read(buffer)) == ReadResult{IoStatus::failed, 0});
  check_error();
  CHECK(client.put("more") == IoStatus::failed);
  check_error();
}
