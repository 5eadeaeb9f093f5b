// SPDX-License-Identifier: MIT
// Fails the n-th allocation, for every n, of each thing a program does with the library. Nothing may crash, leak or lie:
// constructors throw Error, input and output answer failed, what the peer got is a prefix of what was written, and
// OpenSSL's error queue is empty afterwards.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <openssl/err.h>

#include <tlsmode/tlsmode.hpp>

#include "proof/failing_malloc.hpp"
#include "support/certificates.hpp"
#include "support/tls_pair.hpp"
#include "support/wire.hpp"

namespace {

using namespace tlsmode_tests;
using tlsmode::IoStatus;

int failures = 0;

void expect(bool holds, const char* what, std::string_view scenario, std::size_t n) {
  if (!holds) {
    ++failures;
    std::printf("FAILED: %.*s, allocation %zu: %s\n", static_cast<int>(scenario.size()), scenario.data(), n, what);
  }
}

/// A wire whose own allocations are not part of the experiment.
class SparedEnd {
 public:
  explicit SparedEnd(WireEnd end) noexcept : end_{end} {}
  [[nodiscard]] tlsmode::ReadResult receive(std::span<std::byte> to) noexcept {
    const SpareAllocations spared;
    return end_.receive(to);
  }
  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> from) noexcept {
    const SpareAllocations spared;
    return end_.send(from);
  }

 private:
  WireEnd end_;
};

template <typename Rule>
struct ClientOf : tlsmode::Client {
  using Writes = Rule;
  static constexpr tlsmode::ModeSet modes = tlsmode::Mode::auto_retry | tlsmode::Mode::release_buffers;
};

/// Two connected sides. What is before `begin` in a scenario is not part of the experiment.
template <typename Rule>
struct Pair {
  Wire wire;
  tlsmode::Context<ClientOf<Rule>> client_context{trust_in(default_authority())};
  tlsmode::Context<tlsmode::Server> server_context{identity_of(default_server())};
  tlsmode::Connection<ClientOf<Rule>, SparedEnd> client{client_context, SparedEnd{WireEnd::client(wire)},
                                                        tlsmode::PeerName{"server.example"}};
  tlsmode::Connection<tlsmode::Server, SparedEnd> server{server_context, SparedEnd{WireEnd::server(wire)}};
};

struct Scenario {
  const char* name;
  void (*run)(std::size_t fail_at, const char* name);
};

void queue_is_empty(const char* name, std::size_t n) {
  expect(::ERR_peek_error() == 0, "the error queue is not empty", name, n);
}

/// Constructors: they throw Error or succeed.
template <typename Make>
void construct(const char* name, std::size_t n, Make make) {
  const FailingMalloc failing{n};
  try {
    make();
  } catch (const tlsmode::Error& error) {
    const SpareAllocations spared;
    expect(std::strlen(error.what()) != 0, "an error without words", name, n);
  } catch (const std::bad_alloc&) {
    // the exception itself could not be allocated
  }
  const SpareAllocations spared;
  queue_is_empty(name, n);
}

void make_identity(std::size_t n, const char* name) {
  static const std::string chain = default_server().chain_pem();
  static const std::string key = default_server().key_pem();
  construct(name, n, [] { static_cast<void>(tlsmode::Identity::from_pem(chain, key)); });
}
void make_trust(std::size_t n, const char* name) {
  static const std::string pem = default_authority().pem();
  construct(name, n, [] { static_cast<void>(tlsmode::Trust::pem(pem)); });
}
void make_client_context(std::size_t n, const char* name) {
  static const tlsmode::Trust trust = trust_in(default_authority());
  construct(name, n, [] {
    tlsmode::Context<tlsmode::Client> context{trust};
    context.set_alpn({"h2", "http/1.1"});
    context.set_cipher_suites("TLS_AES_128_GCM_SHA256");
    context.set_groups("P-256");
  });
}
void make_server_context(std::size_t n, const char* name) {
  static const tlsmode::Identity identity = identity_of(default_server());
  static const tlsmode::Trust trust = trust_in(default_authority());
  construct(name, n, [] {
    tlsmode::Context<tlsmode::Server> context{identity, trust};
    context.set_alpn({"h2", "http/1.1"});
  });
}
void make_connection(std::size_t n, const char* name) {
  static const tlsmode::Context<tlsmode::Client> context{trust_in(default_authority())};
  construct(name, n, [] {
    const tlsmode::Connection connection{context, tlsmode::MemoryTransport{}, tlsmode::PeerName{"server.example"}};
  });
}

[[nodiscard]] bool is_honest(IoStatus status) {
  return status == IoStatus::done || status == IoStatus::want_read || status == IoStatus::want_write ||
         status == IoStatus::failed;
}

void shake(std::size_t n, const char* name) {
  Pair<tlsmode::StrictWrites> pair;
  {
    const FailingMalloc failing{n};
    for (int round = 0; round != 4; ++round) {
      const IoStatus client = pair.client.handshake();
      const IoStatus server = pair.server.handshake();
      const SpareAllocations spared;
      expect(is_honest(client) && is_honest(server), "an unexpected status", name, n);
      expect(client != IoStatus::failed || pair.client.error().kind() != tlsmode::ErrorKind::none, "no error", name, n);
      queue_is_empty(name, n);
    }
  }
}

/// Writes `size` bytes over a wire that takes `budget` at first, then everything; the peer must get a prefix of them, and
/// all that was reported.
template <typename Rule>
void transfer(std::size_t n, const char* name, std::size_t size, std::size_t budget) {
  Pair<Rule> pair;
  if (!shake_hands(pair.client, pair.server).done()) {
    return expect(false, "the handshake itself failed", name, n);
  }
  static_cast<void>(hear(pair.client));  // tickets
  std::string text(size, '\0');
  for (std::size_t i = 0; i != size; ++i) {
    text[i] = static_cast<char>('a' + i % 26);
  }
  pair.wire.to_server.budget = budget;
  std::size_t reported = 0;
  std::string heard;
  heard.reserve(2 * size + 1);
  bool failed = false;
  {
    const FailingMalloc failing{n};
    char buffer[16384];
    for (int round = 0; round != 12 && !failed; ++round) {
      tlsmode::WriteResult result{IoStatus::done, 0};
      const std::string_view rest = std::string_view{text}.substr(reported);
      if (pair.client.pending_write().length != 0) {
        if constexpr (requires { pair.client.retry(rest); }) {
          result = pair.client.retry(rest);
        } else if constexpr (requires { pair.client.retry(); }) {
          result = pair.client.retry();
        }
      } else {
        result = pair.client.write(rest);
      }
      reported += result.bytes;
      failed = result.status == IoStatus::failed || pair.client.flush() == IoStatus::failed;
      while (true) {
        const tlsmode::ReadResult read = pair.server.read(buffer);
        heard.append(buffer, read.bytes);
        if (read.status != IoStatus::done) {
          expect(is_honest(read.status), "an unexpected status", name, n);
          failed = failed || read.status == IoStatus::failed;
          break;
        }
      }
      pair.wire.to_server.budget = unlimited;
      queue_is_empty(name, n);
    }
    const IoStatus said = pair.client.shutdown();
    expect(is_honest(said), "an unexpected status", name, n);
  }
  expect(text.starts_with(heard), "the peer got other bytes", name, n);
  expect(failed || heard.size() == text.size(), "bytes are missing, and nothing said so", name, n);
}

void strict(std::size_t n, const char* name) { transfer<tlsmode::StrictWrites>(n, name, 1000, unlimited); }
void strict_blocked(std::size_t n, const char* name) { transfer<tlsmode::StrictWrites>(n, name, 40'000, 17'000); }
void partial_blocked(std::size_t n, const char* name) { transfer<tlsmode::PartialWrites>(n, name, 40'000, 17'000); }
void moving_blocked(std::size_t n, const char* name) { transfer<tlsmode::MovingWrites>(n, name, 40'000, 17'000); }
void both_blocked(std::size_t n, const char* name) { transfer<tlsmode::PartialMovingWrites>(n, name, 40'000, 17'000); }
void buffered(std::size_t n, const char* name) { transfer<tlsmode::BufferedWrites>(n, name, 1000, unlimited); }
void buffered_blocked(std::size_t n, const char* name) { transfer<tlsmode::BufferedWrites>(n, name, 40'000, 17'000); }

/// The library's own buffers exist only while they hold something: a read that finds nothing leaves none behind.
void check_idle_memory() {
  Pair<tlsmode::StrictWrites> pair;
  static_cast<void>(shake_hands(pair.client, pair.server));
  for (int round = 0; round != 3; ++round) {
    char buffer[16] = {};
    static_cast<void>(pair.client.write(buffer));
    expect(pair.server.read(buffer).bytes == sizeof buffer, "nothing to read", "idle memory", 0);
    const long alive = FailingMalloc::alive();
    expect(pair.server.read(buffer).status == IoStatus::want_read, "something to read", "idle memory", 0);
    expect(FailingMalloc::alive() == alive, "a read that found nothing keeps memory", "idle memory", 0);
  }
}

constexpr Scenario scenarios[] = {
    {"an identity", make_identity},
    {"a trust", make_trust},
    {"a client's context", make_client_context},
    {"a server's context", make_server_context},
    {"a connection", make_connection},
    {"a handshake", shake},
    {"a strict write and a shutdown", strict},
    {"a blocked strict write", strict_blocked},
    {"a blocked partial write", partial_blocked},
    {"a blocked moving write", moving_blocked},
    {"a blocked partial moving write", both_blocked},
    {"buffered writes", buffered},
    {"blocked buffered writes", buffered_blocked},
};

/// OpenSSL keeps the texts of past errors for each thread: they are no leak.
[[nodiscard]] long alive_without_caches() {
  ::OPENSSL_thread_stop();
  return FailingMalloc::alive();
}

}  // namespace

int main() {
  check_idle_memory();
  std::size_t all = 0;
  for (const Scenario& scenario : scenarios) {
    scenario.run(0, scenario.name);  // once without failures: what is made once is made now
    scenario.run(0, scenario.name);
    const std::size_t allocations = FailingMalloc::count();
    for (std::size_t n = 1; n <= allocations; ++n) {
      const long alive = alive_without_caches();
      scenario.run(n, scenario.name);
      expect(alive_without_caches() <= alive, "something leaked", scenario.name, n);
    }
    std::printf("%-32s %5zu allocations, each failed once\n", scenario.name, allocations);
    std::fflush(stdout);
    all += allocations;
  }
  std::printf("%zu allocations failed in %zu scenarios, %d broken promises\n", all, std::size(scenarios), failures);
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
