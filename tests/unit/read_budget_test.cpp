// SPDX-License-Identifier: MIT
// A peer that keeps this side busy with what is no data: bounded in calls and in answers, and an error with its name.
#include <tlsmode/engine/read_budget.hpp>

#include <cstddef>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include <tlsmode/tlsmode.hpp>

#include "support/adopted.hpp"
#include "support/blocked.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode_tests;
using tlsmode::ErrorKind;
using tlsmode::IoStatus;
using tlsmode::engine::ReadBudget;

namespace {

void update_key(::SSL* peer, int kind, unsigned times) {
  for (unsigned i = 0; i != times; ++i) {
    if (::SSL_key_update(peer, kind) != 1 || ::SSL_do_handshake(peer) != 1) FAIL("the peer cannot update its keys");
  }
}

}  // namespace

TEST_CASE("a budget is spent by records, or by answers, and data of either side renew it") {
  ReadBudget budget;
  for (unsigned i = 0; i != ReadBudget::most_records; ++i) budget.note_record();
  CHECK_FALSE(budget.spent());
  budget.note_record();
  CHECK(budget.spent());
  CHECK_FALSE(budget.too_many_answers());
  budget.note_data();
  CHECK_FALSE(budget.spent());
  for (unsigned i = 0; i != ReadBudget::most_answers + 1; ++i) {
    CHECK_FALSE(budget.spent());
    budget.note_record();
    budget.note_answer();
    budget.note_answer();  // of the same flight
  }
  CHECK(budget.too_many_answers());
}

TEMPLATE_LIST_TEST_CASE("a peer that asks for new keys without end, and sends no data, is an error with that name", "",
                        AllSubjects) {
  TestType subject{TLS1_3_VERSION};
  const bool reads_answers = GENERATE(false, true);
  subject.outgoing().budget = reads_answers ? unlimited : 0;
  update_key(subject.peer(), SSL_KEY_UPDATE_REQUESTED, 2'000);
  const std::size_t writes = subject.outgoing().write_calls;
  Heard heard = subject.heard();
  if (heard.end == IoStatus::want_write) {  // OpenSSL itself is under it: what it owes has to leave first
    CHECK_FALSE(subject.connection.wants_read());
    subject.outgoing().budget = unlimited;
    heard = subject.heard();
  }
  CHECK(heard.end == IoStatus::failed);
  CHECK(subject.connection.error().kind() == ErrorKind::protocol);
  CHECK(says(subject.connection.error(), "read: too many KeyUpdates without data: each asks for an answer"));
  CHECK(subject.outgoing().write_calls - writes < 200);
  CHECK(subject.incoming().in_flight() > 1'000U * 27);
  CHECK(subject.heard().end == IoStatus::failed);
}

TEMPLATE_LIST_TEST_CASE("key updates, tickets and other messages without end and without data are an error", "",
                        AllSubjects) {
  TestType subject{TLS1_3_VERSION};
  update_key(subject.peer(), SSL_KEY_UPDATE_NOT_REQUESTED, 2 * ReadBudget::most_records + 100);
  CHECK(subject.heard().end == IoStatus::failed);
  CHECK(says(subject.connection.error(), "read: too many KeyUpdates, tickets or empty records without data"));
  CHECK(subject.incoming().in_flight() > 1'000U * 27);
}

TEMPLATE_LIST_TEST_CASE("a peer with data may ask for keys as often as it likes, and so may one that is sent data", "",
                        AllSubjects) {
  TestType subject{TLS1_3_VERSION};
  std::string received;
  for (int i = 0; i != 200; ++i) {
    const bool peer_has_data = i < 100;
    request_key_update(subject.peer());
    if (peer_has_data) REQUIRE(write(subject.peer(), "x").result == 1);
    const Heard heard = subject.heard();
    CHECK(heard.text == (peer_has_data ? "x" : ""));
    REQUIRE(heard.end == IoStatus::want_read);
    if (!peer_has_data) {
      REQUIRE(subject.connection.write(std::string_view{message}).status == IoStatus::done);
      REQUIRE(subject.connection.flush() == IoStatus::done);
      received = subject.received();
    }
  }
}

TEMPLATE_LIST_TEST_CASE("a peer that is sent data may say what is no data for ever", "", AllSubjects) {
  TestType subject{TLS1_3_VERSION};
  for (unsigned i = 0; i != ReadBudget::most_records + 100; ++i) {
    if (i % 500 == 0) {
      REQUIRE(subject.heard().end == IoStatus::want_read);
      REQUIRE(subject.connection.write(std::string_view{message}).status == IoStatus::done);
      REQUIRE(subject.connection.flush() == IoStatus::done);
    }
    REQUIRE(::SSL_key_update(subject.peer(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
    REQUIRE(::SSL_do_handshake(subject.peer()) == 1);
  }
  CHECK(subject.heard().end == IoStatus::want_read);
}

TEMPLATE_LIST_TEST_CASE("what OpenSSL skips in a handshake, however often it comes, is an error before long", "",
                        AllSubjects) {
  TestType subject{PairOptions{.version = any_version()}};
  using namespace std::string_view_literals;
  for (unsigned i = 0; i != 8 * ReadBudget::most_records; ++i) {
    subject.incoming().delivered += "\x16\x03\x03\0\x04\0\0\0\0"sv;  // HelloRequest
  }
  CHECK(subject.connection.handshake() == IoStatus::failed);
  CHECK(says(subject.connection.error(), "handshake: too many records without an end of the handshake"));
  CHECK(subject.incoming().in_flight() > 1'000U * 9);
}

TEMPLATE_LIST_TEST_CASE("requests to renegotiate that OpenSSL skips in one call are an error before long", "",
                        AllSubjects) {
  TestType subject{TLS1_2_VERSION};
  for (unsigned i = 0; i != 2 * ReadBudget::most_records; ++i) request_renegotiation(subject.peer());
  const IoStatus ended = subject.heard().end;
  const tlsmode::WriteResult written = subject.connection.write(std::string_view{message});
  CHECK((ended == IoStatus::failed || written.status == IoStatus::failed));
  CHECK(subject.connection.error().kind() == ErrorKind::protocol);
  CHECK(subject.incoming().in_flight() > 1'000U * 9);
}
