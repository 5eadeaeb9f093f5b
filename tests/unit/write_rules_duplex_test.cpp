// SPDX-License-Identifier: MIT
// What else may happen while a write is pending: reading, new keys, renegotiation.
#include <cstddef>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include <tlsmode/tlsmode.hpp>

#include "support/adopted.hpp"
#include "support/blocked.hpp"
#include "support/catch.hpp"
#include "support/raw_pair.hpp"

using namespace tlsmode_tests;
using tlsmode::ErrorKind;
using tlsmode::IoStatus;

namespace {

bool waits(IoStatus status) { return status == IoStatus::want_read || status == IoStatus::want_write; }

/// The rules and engines of AllSubjects for a server.
using Servers = std::tuple<Ruled<tlsmode::StrictWrites, WireTransport, tlsmode::Server>,
                           Ruled<tlsmode::PartialMovingWrites, WireTransport, tlsmode::Server>,
                           Ruled<tlsmode::BufferedWrites, WireTransport, tlsmode::Server>,
                           Ruled<tlsmode::StrictWrites, NativeEngine, tlsmode::Server>,
                           Ruled<tlsmode::BufferedWrites, NativeEngine, tlsmode::Server>>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("reading goes on while a write is pending", "", AllSubjects) {
  const int version = any_version();
  Blocked<TestType> subject{version, GENERATE(as<std::size_t>{}, 0, 1, 100)};
  const std::string hello = pattern(30'000, 2);
  REQUIRE(write(subject.peer(), hello).result > 0);
  Heard heard = subject.heard();
  CHECK(waits(heard.end));
  subject.outgoing().budget = unlimited;
  CHECK(finish(subject.connection) == IoStatus::done);
  heard.text += subject.heard().text;
  CHECK(difference(heard.text, hello) == "");
  CHECK(subject.received() == message);
}

TEMPLATE_LIST_TEST_CASE("a caller that only reads, and waits as it is told, is not kept from it by a pending write", "",
                        AllSubjects) {
  Blocked<TestType> subject{any_version()};
  REQUIRE(write(subject.peer(), "hello").result == 5);
  std::string heard;
  for (int attempt = 0; attempt != 5 && heard.empty(); ++attempt) {
    const Heard step = subject.heard();
    heard += step.text;
    REQUIRE(waits(step.end));
    if (step.end == IoStatus::want_write) subject.outgoing().budget = unlimited;
  }
  CHECK(heard == "hello");
  subject.outgoing().budget = unlimited;
  CHECK(finish(subject.connection) == IoStatus::done);
  CHECK(subject.received() == message);
}

TEMPLATE_LIST_TEST_CASE("the peer's goodbye can be read while a write is pending, which is then finished", "",
                        AllSubjects) {
  Blocked<TestType> subject{any_version()};
  ::SSL_shutdown(subject.peer());
  IoStatus end = subject.heard().end;
  subject.outgoing().budget = unlimited;
  CHECK(finish(subject.connection) == IoStatus::done);
  if (waits(end)) end = subject.heard().end;
  CHECK(end == IoStatus::closed);
  CHECK(subject.connection.write(message).status == IoStatus::done);  // half-close
  CHECK(subject.connection.shutdown() == IoStatus::done);
  ::SSL_set_shutdown(subject.peer(), SSL_SENT_SHUTDOWN);
  CHECK(subject.received() == message + message);
}

TEMPLATE_LIST_TEST_CASE("keys that are updated between two writes change nothing for their bytes", "", AllSubjects) {
  TestType subject{TLS1_3_VERSION};
  std::string expected;
  for (const bool ask_peer : {false, true, false, true}) {
    CHECK(subject.connection.write(message).status == IoStatus::done);
    CHECK(subject.connection.update_keys(ask_peer) == IoStatus::done);
    CHECK(subject.connection.write(message).status == IoStatus::done);
    expected += message + message;
  }
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.received() == expected);
  REQUIRE(write(subject.peer(), "hello").result == 5);
  CHECK(subject.heard().text == "hello");
}

TEMPLATE_LIST_TEST_CASE("a key update that blocks is finished by calling it again, even byte by byte", "",
                        AllSubjects) {
  TestType subject{TLS1_3_VERSION};
  subject.outgoing().budget = 0;
  int calls = 0;
  IoStatus status = subject.connection.update_keys();
  while (status == IoStatus::want_write && calls != 200) {
    ++calls;
    subject.outgoing().budget = 1;
    status = subject.connection.update_keys();
  }
  CHECK(status == IoStatus::done);
  CHECK(calls < 50);  // one KeyUpdate has 27 bytes
  subject.outgoing().budget = unlimited;
  CHECK(subject.connection.write(message).status == IoStatus::done);
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.received() == message);
}

TEMPLATE_LIST_TEST_CASE("a write after a key update that blocked carries on with both", "", AllSubjects) {
  TestType subject{TLS1_3_VERSION};
  subject.outgoing().budget = GENERATE(as<std::size_t>{}, 0, 1, 20);
  CHECK(subject.connection.update_keys(true) == IoStatus::want_write);
  subject.outgoing().budget = unlimited;
  CHECK(subject.connection.write(message).status == IoStatus::done);
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.received() == message);
}

TEMPLATE_LIST_TEST_CASE("in TLS 1.2 keys cannot be updated, and trying does no harm", "", AllSubjects) {
  TestType subject{TLS1_2_VERSION};
  CHECK(subject.connection.update_keys() == IoStatus::failed);
  CHECK(subject.connection.error().kind() == ErrorKind::misuse);
  CHECK(subject.connection.write(message).status == IoStatus::done);
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.received() == message);
}

TEMPLATE_LIST_TEST_CASE("a server that asks for a renegotiation while a write is pending gets both", "", AllSubjects) {
  Blocked<TestType> subject{TLS1_2_VERSION, GENERATE(as<std::size_t>{}, 0, 7)};
  request_renegotiation(subject.peer());
  CHECK(waits(subject.heard().end));
  subject.outgoing().budget = unlimited;
  std::string received;
  for (int round = 0; round != 5; ++round) {
    if (subject.connection.pending_write().length != 0) {
      const IoStatus status = finish(subject.connection);
      CHECK(waits(status) == (subject.connection.pending_write().length != 0));
    }
    received += subject.received();
    CHECK(waits(subject.heard().end));
  }
  CHECK(finish(subject.connection) != IoStatus::want_write);
  CHECK(difference(received + subject.received(), message) == "");
  CHECK(::SSL_is_init_finished(subject.peer()) == 1);
  CHECK(::SSL_is_init_finished(subject.connection.native_handle()) == 1);
}

TEMPLATE_LIST_TEST_CASE("a client that asks for a renegotiation while a server's write is pending gets both", "",
                        Servers) {
  PairOptions options{.version = TLS1_2_VERSION, .options = SSL_OP_ALLOW_CLIENT_RENEGOTIATION};
  TestType subject{options};
  subject.connect();
  subject.outgoing().budget = GENERATE(as<std::size_t>{}, 0, 7);
  static_cast<void>(subject.connection.write(message));
  static_cast<void>(subject.connection.flush());
  REQUIRE(::SSL_renegotiate(subject.peer()) == 1);
  std::string received = subject.received();
  CHECK(waits(subject.heard().end));
  subject.outgoing().budget = unlimited;
  for (int round = 0; round != 5; ++round) {
    if (subject.connection.pending_write().length != 0) static_cast<void>(finish(subject.connection));
    received += subject.received();
    CHECK(waits(subject.heard().end));
  }
  CHECK(difference(received + subject.received(), message) == "");
  CHECK(::SSL_is_init_finished(subject.peer()) == 1);
}

TEMPLATE_LIST_TEST_CASE("a connection that refuses renegotiation refuses it while a write is pending, too", "",
                        AllSubjects) {
  PairOptions options{.version = TLS1_2_VERSION, .options = SSL_OP_NO_RENEGOTIATION};
  TestType subject{options};
  subject.connect();
  subject.outgoing().budget = 0;
  static_cast<void>(subject.connection.write(message));
  static_cast<void>(subject.connection.flush());
  ::SSL_clear_options(subject.peer(), SSL_OP_NO_RENEGOTIATION);
  request_renegotiation(subject.peer());
  CHECK(waits(subject.heard().end));
  subject.outgoing().budget = unlimited;
  if (subject.connection.pending_write().length != 0) CHECK(finish(subject.connection) == IoStatus::done);
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(waits(subject.heard().end));
  std::string received;  // the server, whose wish was not granted, may end here; what was written arrives first
  read_all(subject.peer(), received);
  CHECK(received == message);
}

TEST_CASE("in a renegotiation whose flight has not left, a flush wants to write") {
  Ruled<tlsmode::BufferedWrites, WireTransport> subject{TLS1_2_VERSION};
  subject.outgoing().budget = 0;
  request_renegotiation(subject.peer());
  CHECK(subject.heard().end == IoStatus::want_write);
  CHECK(subject.connection.write(std::string_view{"text"}) == wrote(4));
  CHECK(subject.connection.flush() == IoStatus::want_write);
  subject.outgoing().budget = unlimited;
  CHECK(subject.connection.flush() == IoStatus::want_read);
  std::string received;
  for (int round = 0; round != 3; ++round) {
    received += subject.received();
    CHECK(subject.heard().end == IoStatus::want_read);
  }
  CHECK(received == "text");
}

namespace {

struct SmallClient : tlsmode::Client {
  static constexpr std::size_t record_size = 512;
  static constexpr std::size_t batch_size = 512;
};

}  // namespace

TEST_CASE("a peer that asks again and again, and does not read the answers, cannot make them grow without end") {
  Adopted<SmallClient, WireTransport> subject{
      PairOptions{.version = TLS1_2_VERSION, .options = SSL_OP_NO_RENEGOTIATION}};
  subject.connect();
  subject.outgoing().budget = 0;
  ::SSL_clear_options(subject.peer(), SSL_OP_NO_RENEGOTIATION);
  const int at_once = GENERATE(30, 6'000);  // 31 bytes each
  IoStatus last = IoStatus::want_read;
  for (int i = 0; i != 6'000 / at_once; ++i) {
    for (int j = 0; j != at_once; ++j) {
      request_renegotiation(subject.peer());
      if (j % 20 == 0) REQUIRE(write(subject.peer(), "x").result == 1);  // with data, it may ask as often as it likes
    }
    last = subject.heard().end;
    REQUIRE(waits(last));
  }
  CHECK(last == IoStatus::want_write);
  CHECK_FALSE(subject.connection.wants_read());
  CHECK(subject.incoming().in_flight() > 50'000);  // is not even received
  const std::size_t before = subject.outgoing().delivered.size();
  subject.outgoing().budget = unlimited;
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(subject.outgoing().delivered.size() - before > 1'000);
  CHECK(subject.outgoing().delivered.size() - before < 100'000);
}

TEMPLATE_LIST_TEST_CASE("update_keys updates and asks also while the peer waits for an answer to its own update", "",
                        AllSubjects) {
  TestType subject{TLS1_3_VERSION};
  request_key_update(subject.peer());
  CHECK(subject.heard().end == IoStatus::want_read);
  const std::size_t before = subject.outgoing().delivered.size();
  CHECK(subject.connection.update_keys(true) == IoStatus::done);
  CHECK(subject.outgoing().delivered.size() > before);
  CHECK(subject.received().empty());
  CHECK(::SSL_get_key_update_type(subject.peer()) != SSL_KEY_UPDATE_NONE);  // the peer has been asked
}
