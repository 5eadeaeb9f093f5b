// SPDX-License-Identifier: MIT
#include <tlsmode/engine/read_watch.hpp>

#include <cstddef>
#include <string>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

#include "fuzz/forger.hpp"
#include "fuzz/raw_ssl.hpp"
#include "support/catch.hpp"
#include "support/raw_pair.hpp"
#include "support/tls_pair.hpp"
#include "support/wire.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

/// A BIO in memory that would block when it is empty.
BioHandle memory_bio() {
  BioHandle bio{::BIO_new(::BIO_s_mem())};
  BIO_set_mem_eof_return(bio.get(), -1);
  return bio;
}

int calls_seen = 0;
long count_call(::BIO* bio, int, const char*, std::size_t, int, long, int result, std::size_t*) {
  calls_seen += *::BIO_get_callback_arg(bio);
  return result;
}

struct KernelClient : Client {
  static constexpr Verification verification = Verification::insecure_anyone_can_be_my_peer;
  static constexpr bool kernel_tls = true;
};

/// A client whose write is pending inside OpenSSL, and a server whose records are made by hand.
struct WritingClient {
  WritingClient() {
    for (int round = 0; round != 3; ++round) {
      static_cast<void>(client.handshake());
      ::SSL_do_handshake(server.get());
    }
    REQUIRE(client.handshake() == IoStatus::done);
    wire.to_server.budget = 0;
    REQUIRE(client.write(text).status == IoStatus::want_write);
  }
  void receive(const std::string& records) {
    const auto* const bytes = reinterpret_cast<const std::byte*>(records.data());
    wire.to_client.bytes.insert(wire.to_client.bytes.end(), bytes, bytes + records.size());
  }

  std::string text = pattern(1'000);
  Wire wire;
  WireEnd client_end = WireEnd::client(wire);
  WireEnd server_end = WireEnd::server(wire);
  SslHandle server = make_raw_ssl(false, server_end);
  Context<KernelClient> context;
  Connection<KernelClient, NativeBio> client = connect();

 private:
  Connection<KernelClient, NativeBio> connect() {
    SslHandle ssl{::SSL_new(context.native_handle())};
    put_wire_under(ssl.get(), client_end);
    set_version(ssl.get(), TLS1_3_VERSION, false);
    return Connection<KernelClient, NativeBio>{ssl.release()};
  }
};

}  // namespace

TEST_CASE("a BIO that had nothing to give is told from one that gave, and from one that was not asked") {
  const BioHandle bio = memory_bio();
  char buffer[8];
  {
    const engine::ReadWatch watch{bio.get()};
    CHECK_FALSE(watch.found_nothing());
    REQUIRE(::BIO_write(bio.get(), "12", 2) == 2);
    REQUIRE(::BIO_read(bio.get(), buffer, 2) == 2);
    CHECK_FALSE(watch.found_nothing());
    REQUIRE(::BIO_read(bio.get(), buffer, 2) == -1);
    CHECK(watch.found_nothing());
  }
  BIO_set_retry_read(bio.get());  // as OpenSSL does when it stops after a message
  CHECK_FALSE(engine::ReadWatch{bio.get()}.found_nothing());
}

TEST_CASE("a BIO's own callback sees what is watched, with its argument, and is there afterwards") {
  char one = 1;  // outlives the BIO, which counts up to its end
  const BioHandle bio = memory_bio();
  char buffer[8];
  ::BIO_set_callback_ex(bio.get(), &count_call);
  ::BIO_set_callback_arg(bio.get(), &one);
  calls_seen = 0;
  {
    const engine::ReadWatch watch{bio.get()};
    REQUIRE(::BIO_read(bio.get(), buffer, 2) == -1);
    CHECK(watch.found_nothing());
  }
  CHECK(calls_seen == 2);  // before and after the read
  CHECK(::BIO_get_callback_ex(bio.get()) == &count_call);
  CHECK(::BIO_get_callback_arg(bio.get()) == &one);
}

TEST_CASE(
    "while a record is pending inside OpenSSL, a read leaves none of the messages of a record, nor the next record") {
  WritingClient subject;
  Forger forger{subject.server.get()};
  const std::string ticket{"\4\0\0\xE\0\0\x10\0\0\0\0\0\0\0\1t\0\0", 18};
  std::string tickets;
  for (const int count : {1, 2, 3, 4, 30}) {
    tickets.clear();
    for (int i = 0; i != count; ++i) tickets += ticket;
    for (int record = 0; record != 2; ++record) subject.receive(forger.record(SSL3_RT_HANDSHAKE, tickets));
    char buffer[16];
    CHECK(subject.client.read(buffer).status == IoStatus::want_read);
    CHECK(subject.wire.to_client.bytes.empty());
    CHECK(::SSL_has_pending(subject.client.native_handle()) == 0);
  }
  subject.wire.to_server.budget = unlimited;
  CHECK(subject.client.retry() == WriteResult{IoStatus::done, subject.text.size()});
}
