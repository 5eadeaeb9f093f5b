// SPDX-License-Identifier: MIT
// Fails the n-th allocation, for every n, of each thing a program does with the library. Nothing may crash, leak or lie:
// constructors throw Error, input and output answer failed, what the peer got is a prefix of what was written, and
// OpenSSL's error queue is empty afterwards. An argument names one scenario.
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <string_view>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

#include "proof/allocation_pairs.hpp"
#include "proof/allocation_talks.hpp"
#include "proof/failing_malloc.hpp"
#include "support/certificates.hpp"
#include "support/tls_pair.hpp"

namespace {

using namespace tlsmode_tests;
using tlsmode::IoStatus;

using Strict = tlsmode::StrictWrites;
using Partial = tlsmode::PartialWrites;
using Moving = tlsmode::MovingWrites;
using PartialMoving = tlsmode::PartialMovingWrites;
using Buffered = tlsmode::BufferedWrites;

/// Constructors: they throw Error or succeed.
template <typename Make>
void construct(const Attempt& attempt, Make make) {
  const FailingMalloc failing{attempt.fail_at};
  try {
    make();
  } catch (const tlsmode::Error& error) {
    const SpareAllocations spared;
    attempt.expect(std::strlen(error.what()) != 0, "an error has words");
  } catch (const std::bad_alloc&) {
    // the exception itself could not be allocated
  }
  const SpareAllocations spared;
  attempt.expect_empty_queue();
}

void make_identity(const Attempt& attempt) {
  static const std::string chain = default_server().chain_pem();
  static const std::string key = default_server().key_pem();
  construct(attempt, [] { static_cast<void>(tlsmode::Identity::from_pem(chain, key)); });
}
void make_trust(const Attempt& attempt) {
  static const std::string pem = default_authority().pem();
  construct(attempt, [] { static_cast<void>(tlsmode::Trust::pem(pem)); });
}
void make_client_context(const Attempt& attempt) {
  static const tlsmode::Trust trust = trust_in(default_authority());
  construct(attempt, [] {
    tlsmode::Context<tlsmode::Client> context{trust};
    context.set_alpn({"h2", "http/1.1"});
    context.set_cipher_suites("TLS_AES_128_GCM_SHA256");
    context.set_groups("P-256");
  });
}
void make_server_context(const Attempt& attempt) {
  static const tlsmode::Identity identity = identity_of(default_server());
  static const tlsmode::Trust trust = trust_in(default_authority());
  construct(attempt, [] {
    tlsmode::Context<tlsmode::Server> context{identity, trust};
    context.set_alpn({"h2", "http/1.1"});
  });
}

[[nodiscard]] const tlsmode::Context<tlsmode::Client>& client_context() {
  static const tlsmode::Context<tlsmode::Client> context{trust_in(default_authority())};
  return context;
}
void make_connection(const Attempt& attempt) {
  const auto& context = client_context();
  construct(attempt, [&] {
    const tlsmode::Connection connection{context, tlsmode::MemoryTransport{}, tlsmode::PeerName{"server.example"}};
  });
}

/// The connection frees what it adopts, also when it cannot be made.
void adopt_context(const Attempt& attempt) {
  ::SSL_CTX* const adopted = ::SSL_CTX_new(::TLS_client_method());
  construct(attempt, [&] { const tlsmode::Context<tlsmode::Client> context{adopted}; });
}
void adopt_ssl(const Attempt& attempt) {
  ::SSL* const adopted = ::SSL_new(client_context().native_handle());
  construct(attempt, [&] {
    const tlsmode::Connection<tlsmode::Client, tlsmode::MemoryTransport> connection{
        adopted, tlsmode::MemoryTransport{}, tlsmode::PeerName{"server.example"}};
  });
}
template <typename Policy>
void adopt_ssl_with_bios(const Attempt& attempt) {
  ::SSL* const adopted = ::SSL_new(client_context().native_handle());
  ::SSL_set_bio(adopted, ::BIO_new(::BIO_s_mem()), ::BIO_new(::BIO_s_mem()));
  construct(attempt, [&] {
    const tlsmode::Connection<Policy, tlsmode::NativeBio> connection{adopted, tlsmode::PeerName{"server.example"}};
  });
}

/// An error that cannot be kept says so, and has words all the same.
void make_error(const Attempt& attempt) {
  const FailingMalloc failing{attempt.fail_at};
  ERR_raise_data(ERR_LIB_USER, ERR_R_INTERNAL_ERROR, "%s", "a text that OpenSSL allocates");
  const tlsmode::Error error{{.kind = tlsmode::ErrorKind::input, .message = "a text"}};
  const SpareAllocations spared;
  const bool is_kept = error.kind() == tlsmode::ErrorKind::input && std::strstr(error.what(), "a text") != nullptr;
  attempt.expect(is_kept || error.kind() == tlsmode::ErrorKind::out_of_memory, "an error is kept, or out of memory");
  attempt.expect(std::strlen(error.what()) != 0, "an error has words");
  attempt.expect_empty_queue();
}

/// Ciphertext for which there is no memory is refused whole.
void carry_ciphertext(const Attempt& attempt) {
  static const std::string text(1000, 'x');
  const auto bytes = std::as_bytes(std::span{text});
  tlsmode::MemoryTransport transport;
  const FailingMalloc failing{attempt.fail_at};
  const bool is_added = transport.add_input(bytes);
  errno = 0;
  const tlsmode::WriteResult sent = transport.send(bytes);
  const int reason = errno;
  const SpareAllocations spared;
  std::byte room[2000];
  const tlsmode::ReadResult heard = transport.receive(room);
  attempt.expect(heard == (is_added ? tlsmode::ReadResult{IoStatus::done, text.size()}
                                    : tlsmode::ReadResult{IoStatus::want_read, 0}),
                 "input is added whole, or not at all");
  attempt.expect(transport.output().size() == sent.bytes, "what was sent is there, and nothing else");
  attempt.expect(sent == tlsmode::WriteResult{IoStatus::done, text.size()} ||
                     (sent.status == IoStatus::failed && reason == ENOMEM),
                 "what cannot be sent fails with ENOMEM");
}

template <typename PairOf>
void shake(const Attempt& attempt) {
  PairOf pair;
  const FailingMalloc failing{attempt.fail_at};
  for (int round = 0; round != 6; ++round) {
    const IoStatus client = pair.client.handshake();
    const IoStatus server = pair.server.handshake();
    const SpareAllocations spared;
    const auto is_honest = [](IoStatus status) {
      return status == IoStatus::done || status == IoStatus::want_read || status == IoStatus::want_write ||
             status == IoStatus::failed;
    };
    attempt.expect(is_honest(client) && is_honest(server), "an unexpected status");
    attempt.expect(client != IoStatus::failed || pair.client.error().kind() != tlsmode::ErrorKind::none,
                   "a failure has an error");
    attempt.expect_empty_queue();
  }
}

/// Buffers, ours and OpenSSL's, exist only while they hold something: a read that finds nothing leaves what there was
/// before anything came, and takes none itself.
void check_idle_memory() {
  const Attempt attempt{"idle memory", 0};
  WirePair<Strict> pair;
  static_cast<void>(shake_hands(pair.client, pair.server));
  char nothing[1];
  attempt.expect(pair.server.read(nothing).status == IoStatus::want_read, "there is nothing to read yet");
  const long idle = FailingMalloc::alive();
  for (int round = 0; round != 3; ++round) {
    char buffer[16] = {};
    static_cast<void>(pair.client.write(buffer));
    attempt.expect(pair.server.read(buffer).bytes == sizeof buffer, "there is something to read");
    const long busy = FailingMalloc::alive();
    for (int again = 0; again != 2; ++again) {
      attempt.expect(pair.server.read(buffer).status == IoStatus::want_read, "there is nothing to read");
      attempt.expect(FailingMalloc::alive() == idle, "a read that found nothing keeps no memory");
    }
    attempt.expect(busy > idle, "buffers stay until a read finds nothing");
  }
}

struct Scenario {
  const char* name;
  void (*run)(const Attempt& attempt);
};

constexpr Scenario scenarios[] = {
    {"an identity", make_identity},
    {"a trust", make_trust},
    {"a client's context", make_client_context},
    {"a server's context", make_server_context},
    {"an error", make_error},
    {"ciphertext in memory", carry_ciphertext},
    {"a connection", make_connection},
    {"an adopted SSL_CTX", adopt_context},
    {"an adopted SSL", adopt_ssl},
    {"an adopted SSL with its BIOs", adopt_ssl_with_bios<tlsmode::Client>},
    {"the same, native engine", adopt_ssl_with_bios<ClientOf<Strict, true>>},
    {"a handshake", shake<WirePair<Strict>>},
    {"a handshake, native engine", shake<NativePair<Strict>>},
    {"a strict write and a shutdown", transfer<WirePair<Strict>, 1000, unlimited>},
    {"a blocked strict write", transfer<WirePair<Strict>, 40'000, 17'000>},
    {"a blocked partial write", transfer<WirePair<Partial>, 40'000, 17'000>},
    {"a blocked moving write", transfer<WirePair<Moving>, 40'000, 17'000>},
    {"a blocked partial moving write", transfer<WirePair<PartialMoving>, 40'000, 17'000>},
    {"buffered writes", transfer<WirePair<Buffered>, 1000, unlimited>},
    {"blocked buffered writes", transfer<WirePair<Buffered>, 40'000, 17'000>},
    {"a blocked strict write, native", transfer<NativePair<Strict>, 90'000, 0>},
    {"a blocked partial write, native", transfer<NativePair<Partial>, 90'000, 0>},
    {"blocked buffered writes, native", transfer<NativePair<Buffered>, 90'000, 0>},
    {"small writes, gathered", gather<WirePair<Buffered>>},
    {"a strict write in small steps", trickle<WirePair<Strict>>},
    {"a partial moving one", trickle<WirePair<PartialMoving>>},
    {"a buffered one", trickle<WirePair<Buffered>>},
    {"a cancelled strict write", cancel<WirePair<Strict>>},
    {"a cancelled partial write", cancel<WirePair<Partial>>},
    {"a cancelled moving write", cancel<WirePair<Moving>>},
    {"a cancelled write, native", cancel<NativePair<Strict>>},
    {"a shutdown with a write pending", close_while_pending<WirePair<Strict>>},
    {"the same, native engine", close_while_pending<NativePair<Strict>>},
    {"new keys", change_keys<WirePair<Strict>>},
    {"new keys, native engine", change_keys<NativePair<Strict>>},
    {"input that is received ahead", receive_ahead<WirePair<Strict>>},
    {"input, native engine", receive_ahead<NativePair<Strict>>},
    {"a move with a write pending", move<WirePair<Strict>>},
    {"a move with a moving write", move<WirePair<Moving>>},
    {"a move, native engine", move<NativePair<Strict>>},
};

/// OpenSSL keeps the texts of past errors for each thread: they are no leak.
[[nodiscard]] long alive_without_caches() {
  ::OPENSSL_thread_stop();
  return FailingMalloc::alive();
}

/// Fails the first allocation of the scenario, the second, and so on, until a run makes fewer. (How many it makes is not
/// known before: it depends on what OpenSSL keeps for the thread.) Returns: how many failed.
std::size_t fail_each(const Scenario& scenario) {
  for (int i = 0; i != 2; ++i) scenario.run({scenario.name, 0});  // what is made once is made now
  std::size_t n = 0;
  do {
    const Attempt attempt{scenario.name, ++n};
    const long alive = alive_without_caches();
    scenario.run(attempt);
    attempt.expect(alive_without_caches() <= alive, "nothing leaks");
  } while (FailingMalloc::count() >= n);
  const std::size_t allocations = n - 1;
  std::printf("%-32s %5zu allocations, each failed once\n", scenario.name, allocations);
  std::fflush(stdout);
  return allocations;
}

}  // namespace

int main(int argc, char** argv) {
  ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);  // what OpenSSL makes for its first error, it keeps
  ::ERR_clear_error();
  check_idle_memory();
  std::size_t all = 0;
  std::size_t count = 0;
  for (const Scenario& scenario : scenarios) {
    if (argc > 1 && std::string_view{argv[1]} != scenario.name) continue;
    all += fail_each(scenario);
    ++count;
  }
  std::printf("%zu allocations failed in %zu scenarios, %d broken promises\n", all, count, Attempt::failures);
  return Attempt::failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
