// SPDX-License-Identifier: MIT
#include <tlsmode/record_sizing.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tlsmode/tlsmode.hpp>

#include "support/adopted.hpp"
#include "support/catch.hpp"
#include "support/raw_pair.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode_tests;
using tlsmode::IoStatus;

namespace {

struct HandMovedClock : tlsmode::DynamicRecords {
  static inline std::uint64_t time = 5'000;
  [[nodiscard]] static std::uint64_t now() noexcept { return time; }
};

template <typename Policy>
struct WithDynamicRecords : Policy {
  using Records = HandMovedClock;
};

/// Both engines, by every rule that has them.
template <typename Subject>
using Dynamic = Adopted<WithDynamicRecords<typename Subject::Policy>, typename Subject::Transport>;
template <typename List>
struct DynamicOf;
template <typename... Subjects>
struct DynamicOf<std::tuple<Subjects...>> {
  using Type = std::tuple<Dynamic<Subjects>...>;
};
using DynamicSubjects = DynamicOf<AllSubjects>::Type;

constexpr std::size_t small = tlsmode::DynamicRecords::small_size;
constexpr std::size_t small_records = 47;  // the last of them begins before 64 KiB are full
constexpr std::size_t full = 16'384;

/// The plaintext sizes of the records on the wire since `from`. TLS 1.3: a byte of type and a tag of 16 bytes are theirs.
std::vector<std::size_t> record_sizes(const Direction& wire, std::size_t from) {
  std::vector<std::size_t> sizes;
  const auto byte = [&](std::size_t at) { return std::size_t{static_cast<unsigned char>(wire.delivered.at(at))}; };
  for (std::size_t at = from; at < wire.delivered.size();) {
    const std::size_t body = byte(at + 3) << 8U | byte(at + 4);
    sizes.push_back(body - 17);
    at += 5 + body;
  }
  return sizes;
}

/// Writes `size` bytes, makes sure that they arrive, and gives the sizes of the records they came in.
template <typename Subject>
std::vector<std::size_t> records_of(Subject& subject, std::size_t size) {
  const std::size_t from = subject.outgoing().delivered.size();
  const std::string bytes = pattern(size);
  REQUIRE(say(subject.connection, bytes, [] {}) == IoStatus::done);
  CHECK(difference(subject.received(), bytes) == "");
  return record_sizes(subject.outgoing(), from);
}

std::vector<std::size_t> repeated(std::size_t count, std::size_t size) { return std::vector<std::size_t>(count, size); }

}  // namespace

TEMPLATE_LIST_TEST_CASE("records are small first and full from 64 KiB on", "", DynamicSubjects) {
  TestType subject{TLS1_3_VERSION};
  const std::vector<std::size_t> sizes = records_of(subject, 400'000);
  REQUIRE(sizes.size() > small_records + 4);
  const auto first_full = std::find_if(sizes.begin(), sizes.end(), [](std::size_t size) { return size == full; });
  CHECK(static_cast<std::size_t>(first_full - sizes.begin()) <=
        small_records + 5);  // some end with a batch or a record
  CHECK(std::all_of(sizes.begin(), first_full, [](std::size_t size) { return size <= small; }));
  CHECK(std::count(sizes.begin(), sizes.end(), small) >= std::ptrdiff_t{small_records - 5});
  CHECK(std::count(sizes.begin(), sizes.end(), full) >= 19);
}

TEMPLATE_LIST_TEST_CASE("records are small again after a pause, and not before", "", DynamicSubjects) {
  TestType subject{TLS1_3_VERSION};
  static_cast<void>(records_of(subject, 100'000));
  HandMovedClock::time += 999;
  CHECK(records_of(subject, full) == repeated(1, full));
  HandMovedClock::time += 1000;
  const std::vector<std::size_t> sizes = records_of(subject, full);
  CHECK(sizes.size() == 12);
  CHECK(std::count(sizes.begin(), sizes.end(), small) == 11);
}

TEMPLATE_LIST_TEST_CASE("a committed record keeps its size when a pause begins with it", "", DynamicSubjects) {
  TestType subject{TLS1_3_VERSION};
  static_cast<void>(records_of(subject, 100'000));
  const std::string bytes = pattern(3 * full);
  subject.outgoing().budget = 10'000;
  tlsmode::WriteResult result = subject.connection.write(std::string_view{bytes});
  std::string arrived;
  std::size_t taken = 0;
  for (int i = 0; i != 200 && taken != bytes.size(); ++i) {
    HandMovedClock::time += 2'000;
    subject.outgoing().budget = i % 2 == 0 ? 5'000 : unlimited;
    const bool waits = result.status == IoStatus::want_write;
    taken += result.status == IoStatus::done ? result.bytes : 0;
    if (taken == bytes.size()) break;
    const std::string_view rest = std::string_view{bytes}.substr(taken);
    result = waits ? retry_with(subject.connection, rest) : subject.connection.write(rest);
    arrived += subject.received();
  }
  subject.outgoing().budget = unlimited;
  CHECK(subject.connection.flush() == IoStatus::done);
  CHECK(difference(arrived + subject.received(), bytes) == "");
}

TEST_CASE("the clock that measures pauses goes on and never back") {
  const std::uint64_t first = tlsmode::DynamicRecords::now();
  CHECK(first != 0);
  CHECK(tlsmode::DynamicRecords::now() >= first);
}

TEST_CASE("full records are the default") {
  Adopted<tlsmode::Client, WireTransport> subject{TLS1_3_VERSION};
  CHECK(records_of(subject, 2 * full) == repeated(2, full));
}
