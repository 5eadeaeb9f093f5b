// SPDX-License-Identifier: MIT
// What a connection holds between calls.

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/ssl.h>

#include <tlsmode/tlsmode.hpp>

#include "support/adopted.hpp"
#include "support/catch.hpp"
#include "support/openssl_memory.hpp"
#include "support/raw_pair.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode_tests;
using tlsmode::IoStatus;

namespace {

/// Bytes of OpenSSL's buffers that the connection still holds.
template <typename Connection>
std::size_t buffers_of(Connection& connection) {
  const std::size_t before = openssl_bytes_in_use();
  ::SSL_free_buffers(connection.native_handle());
  return before - openssl_bytes_in_use();
}

struct Keeping : tlsmode::Client {
  static constexpr tlsmode::Buffers buffers = tlsmode::Buffers::kept;
};

/// The client's end of a pair. Its receive waits: the other side goes on meanwhile.
class Waiting : public WireTransport {
 public:
  Waiting(RawPair& pair, std::function<void()> go_on)
      : WireTransport{pair.to_client, pair.to_server}, pair_{&pair}, go_on_{std::move(go_on)} {}
  [[nodiscard]] tlsmode::ReadResult receive(std::span<std::byte> to) noexcept {
    if (pair_->to_client.in_flight() == 0) go_on_();
    return WireTransport::receive(to);
  }

 private:
  RawPair* pair_;
  std::function<void()> go_on_;
};

constexpr std::size_t record_size = 16'384;

}  // namespace

TEMPLATE_LIST_TEST_CASE("no buffer stays after a write that has left, nor after a read that finds nothing", "",
                        AllSubjects) {
  REQUIRE(openssl_memory_is_counted());
  TestType subject{any_version()};
  REQUIRE(subject.heard().end == IoStatus::want_read);
  CHECK(buffers_of(subject.connection) == 0);

  const std::size_t size = GENERATE(std::size_t{1}, std::size_t{1000}, record_size, 5 * record_size);
  const std::string bytes(size, 'w');
  REQUIRE(say(subject.connection, bytes, [] {}) == IoStatus::done);
  CHECK(buffers_of(subject.connection) == 0);

  REQUIRE(write(subject.peer(), std::string_view{bytes}.substr(0, record_size)).result > 0);
  char to[record_size];
  REQUIRE(subject.connection.read(std::span{to}).status == IoStatus::done);
  CHECK(subject.heard().end == IoStatus::want_read);
  CHECK(buffers_of(subject.connection) == 0);
}

TEMPLATE_LIST_TEST_CASE("no buffer stays with a caller who reads once and answers", "", AllSubjects) {
  TestType subject{any_version()};
  REQUIRE(subject.heard().end == IoStatus::want_read);
  char to[100];
  for (int i = 0; i != 3; ++i) {
    REQUIRE(write(subject.peer(), "request").result > 0);
    REQUIRE(subject.connection.read(std::span{to}) == tlsmode::ReadResult{IoStatus::done, 7});
    if (i != 0) CHECK(buffers_of(subject.connection) == 0);
    REQUIRE(say(subject.connection, "answer", [] {}) == IoStatus::done);
    CHECK(buffers_of(subject.connection) == 0);
  }
}

TEST_CASE("a caller who waits in his reads keeps the buffers, for he has no idle connections") {
  RawPair pair{{.version = any_version()}};
  const auto go_on = [&] { static_cast<void>(call(pair.server(), [&] { return ::SSL_do_handshake(pair.server()); })); };
  tlsmode::Connection<tlsmode::Client, Waiting> connection{pair.release_client().release(), Waiting{pair, go_on},
                                                           tlsmode::PeerName{"server.example"}};
  REQUIRE(connection.handshake() == IoStatus::done);
  go_on();
  REQUIRE(write(pair.server(), "news").result > 0);
  char to[100];
  REQUIRE(connection.read(std::span{to}) == tlsmode::ReadResult{IoStatus::done, 4});
  REQUIRE(connection.write(std::string_view{"thanks"}).status == IoStatus::done);
  CHECK(buffers_of(connection) > 16'000);
}

TEST_CASE("a caller who reads until there is nothing more keeps the buffers until then") {
  Adopted<tlsmode::Client, WireTransport> subject{any_version()};
  char to[100];
  REQUIRE(subject.heard().end == IoStatus::want_read);
  REQUIRE(subject.connection.write(std::string_view{"request"}).status == IoStatus::done);
  REQUIRE(write(subject.peer(), "answer").result > 0);
  REQUIRE(subject.connection.read(std::span{to}) == tlsmode::ReadResult{IoStatus::done, 6});
  CHECK(buffers_of(subject.connection) > 16'000);
  REQUIRE(subject.heard().end == IoStatus::want_read);
  CHECK(buffers_of(subject.connection) == 0);
}

TEST_CASE("a policy can keep the buffers") {
  Adopted<Keeping, WireTransport> subject{any_version()};
  REQUIRE(subject.connection.write(std::string_view{"hello"}) == wrote(5));
  REQUIRE(write(subject.peer(), "hello").result > 0);
  CHECK(subject.heard().text == "hello");
  CHECK(buffers_of(subject.connection) > 32'000);
}

TEMPLATE_LIST_TEST_CASE("giving buffers back loses nothing of a record that comes byte by byte", "", AllSubjects) {
  TestType subject{any_version()};
  REQUIRE(subject.heard().end == IoStatus::want_read);
  const std::string bytes = pattern(40);
  REQUIRE(write(subject.peer(), bytes).result > 0);
  REQUIRE(write(subject.peer(), bytes).result > 0);
  Direction& incoming = subject.incoming();
  const std::string whole = incoming.delivered;
  incoming.delivered.resize(incoming.taken);
  std::string got;
  for (std::size_t at = incoming.delivered.size(); at != whole.size(); ++at) {
    incoming.delivered += whole[at];
    got += subject.heard().text;  // dry after each byte
    REQUIRE(subject.connection.write(std::string_view{"w"}).status == IoStatus::done);
  }
  CHECK(got == bytes + bytes);
}

TEST_CASE("a caller who reads less than a record finds the rest in its place") {
  Adopted<tlsmode::Client, WireTransport> subject{any_version()};
  REQUIRE(write(subject.peer(), "abcdef").result > 0);
  char to[2];
  std::string got;
  for (int i = 0; i != 3; ++i) {
    REQUIRE(subject.connection.read(std::span{to}) == tlsmode::ReadResult{IoStatus::done, 2});
    got.append(to, 2);
    CHECK(subject.connection.has_input() == (i != 2));
    REQUIRE(subject.connection.write(std::string_view{"w"}) == wrote(1));
  }
  CHECK(got == "abcdef");
}
