// SPDX-License-Identifier: MIT
// What a write reports, by each rule: whole or in part, at the boundaries of records and batches.
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>

#include <openssl/ssl.h>

#include <tlsmode/tlsmode.hpp>

#include "support/adopted.hpp"
#include "support/catch.hpp"

using namespace tlsmode_tests;
using tlsmode::IoStatus;

namespace {

constexpr std::size_t record = 16'384;

std::size_t boundary_size() {
  return GENERATE(as<std::size_t>{}, 1, record - 1, record, record + 1, 2 * record, 40'000, 65'536, 65'537, 200'000);
}

template <typename Rule>
struct SmallRecords : tlsmode::Client {
  using Writes = Rule;
  static constexpr std::size_t record_size = 512;
  static constexpr std::size_t batch_size = 2048;
};
using SmallPolicies = std::tuple<SmallRecords<tlsmode::StrictWrites>, SmallRecords<tlsmode::PartialWrites>,
                                 SmallRecords<tlsmode::MovingWrites>, SmallRecords<tlsmode::PartialMovingWrites>,
                                 SmallRecords<tlsmode::BufferedWrites>>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("a write that nothing blocks reports all of it, by a whole rule", "", WholeSubjects) {
  TestType subject{any_version()};
  const std::string bytes = pattern(boundary_size());
  CHECK(subject.connection.write(bytes) == wrote(bytes.size()));
  CHECK(subject.connection.pending_write().length == 0);
  CHECK(difference(subject.received(), bytes) == "");
}

TEMPLATE_LIST_TEST_CASE("a write reports at least a record's worth, by a partial rule", "", PartialSubjects) {
  TestType subject{any_version()};
  const std::string bytes = pattern(boundary_size());
  const tlsmode::WriteResult result = subject.connection.write(bytes);
  CHECK(result.status == IoStatus::done);
  CHECK(result.bytes >= std::min(bytes.size(), record));
  CHECK(result.bytes <= bytes.size());
  CHECK(subject.connection.pending_write().length == 0);
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(difference(subject.received(), bytes.substr(0, result.bytes)) == "");
}

TEMPLATE_LIST_TEST_CASE("a write that blocks half-way reports nothing until all has left, by a whole rule", "",
                        WholeSubjects) {
  TestType subject{any_version()};
  const std::string bytes = pattern(40'000);
  subject.outgoing().budget = 17'000;  // the first record, and a little of the second
  CHECK(subject.connection.write(bytes) == wants_to_write);
  CHECK(subject.connection.pending_write().length == bytes.size());
  CHECK(subject.connection.pending_write().committed >= 2 * record);
  CHECK(difference(subject.received(), bytes.substr(0, record)) == "");
  subject.outgoing().budget = unlimited;
  CHECK(retry_with(subject.connection, bytes) == wrote(bytes.size()));
  CHECK(difference(subject.received(), bytes.substr(record)) == "");
}

TEMPLATE_LIST_TEST_CASE("a write that blocks after a record reports what is committed, by a partial rule", "",
                        PartialSubjects) {
  TestType subject{any_version()};
  const std::string bytes = pattern(GENERATE(as<std::size_t>{}, 40'000, 3 * record));
  subject.outgoing().budget = 17'000;
  const tlsmode::WriteResult result = subject.connection.write(bytes);
  CHECK(result.status == IoStatus::done);
  CHECK(result.bytes >= record);
  CHECK(result.bytes < bytes.size());
  CHECK(subject.connection.pending_write().length == 0);
  subject.outgoing().budget = unlimited;
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(difference(subject.received(), bytes.substr(0, result.bytes)) == "");
}

TEMPLATE_LIST_TEST_CASE("pending_write says where, how long and how much of it is committed", "", ManualSubjects) {
  TestType subject{any_version()};
  const std::string bytes = pattern(boundary_size());
  subject.outgoing().budget = 5;
  CHECK(subject.connection.write(bytes) == wants_to_write);
  const tlsmode::PendingWrite pending = subject.connection.pending_write();
  CHECK(static_cast<const void*>(pending.address) == static_cast<const void*>(bytes.data()));
  CHECK(pending.length == bytes.size());
  CHECK(pending.committed >= std::min(bytes.size(), record));
  CHECK(pending.committed <= bytes.size());
  CHECK(subject.connection.wants_write());
}

TEMPLATE_LIST_TEST_CASE("a write that the transport takes byte by byte arrives whole", "", AllSubjects) {
  TestType subject{any_version()};
  const std::string bytes = pattern(3'000);
  subject.outgoing().budget = 0;
  const IoStatus said = say(subject.connection, bytes, [&] { subject.outgoing().budget = 1; });
  CHECK(said == IoStatus::done);
  CHECK(difference(subject.received(), bytes) == "");
}

TEMPLATE_LIST_TEST_CASE("the policy's record size is the size of records, by every rule", "", SmallPolicies) {
  const auto check = [](auto& subject) {
    const std::size_t before = subject.outgoing().delivered.size();
    const std::string bytes = pattern(5'000);
    CHECK(say(subject.connection, bytes, [] {}) == IoStatus::done);
    for (const Record& each : records_in(std::string_view{subject.outgoing().delivered}.substr(before))) {
      CHECK(each.size <= 512 + 8 + 16 + 1);  // at most nonce, tag and the inner type of TLS 1.3 around it
    }
    CHECK(difference(subject.received(), bytes) == "");
  };
  Adopted<TestType, WireTransport> elastic{any_version()};
  check(elastic);
  if constexpr (!tlsmode::AllowsMovedBuffer<TestType>) {
    Adopted<OpensslKeepsPending<TestType>, tlsmode::NativeBio> native{any_version()};
    check(native);
  }
}

TEMPLATE_LIST_TEST_CASE("records that the peer wants smaller are smaller, and nothing is lost", "", AllSubjects) {
  PairOptions options{.version = any_version()};
  options.configure = [](::SSL_CTX* client, ::SSL_CTX*) {
    ::SSL_CTX_set_tlsext_max_fragment_length(client, TLSEXT_max_fragment_length_512);
  };
  TestType subject{options};
  subject.connect();
  const std::string bytes = pattern(40'000);
  if (GENERATE(false, true)) subject.outgoing().budget = 700;
  const IoStatus said = say(subject.connection, bytes, [&] { subject.outgoing().budget = 700; });
  CHECK(said == IoStatus::done);
  CHECK(difference(subject.received(), bytes) == "");
}

TEMPLATE_LIST_TEST_CASE("a transport that fails is a failure with its errno, and bytes never come with it", "",
                        AllSubjects) {
  TestType subject{any_version()};
  subject.outgoing().write_errno = ECONNRESET;
  const std::string bytes = pattern(40'000);
  tlsmode::WriteResult result = subject.connection.write(bytes);
  for (int attempt = 0; attempt != 3 && result.status == IoStatus::done; ++attempt) {
    result = subject.connection.write(bytes);  // the library may own some of the bytes before it knows
  }
  CHECK(result == tlsmode::WriteResult{IoStatus::failed, 0});
  CHECK(subject.connection.error().system_error() == ECONNRESET);
  CHECK(subject.connection.write(bytes).status == IoStatus::failed);
  CHECK(subject.connection.flush() == IoStatus::failed);
}
