// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_ALLOCATION_PAIRS_HPP
#define TLSMODE_TESTS_PROOF_ALLOCATION_PAIRS_HPP

// Two sides that talk while allocations fail, and what they may make of that.

#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>

#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

#include "proof/failing_malloc.hpp"
#include "support/certificates.hpp"
#include "support/tls_pair.hpp"
#include "support/wire.hpp"

namespace tlsmode_tests {

/// One run of a scenario: its name, the allocation that fails, and how many promises all runs have broken.
struct Attempt {
  const char* name;
  std::size_t fail_at;
  static inline int failures = 0;

  void expect(bool holds, const char* promise) const {
    if (holds) return;
    ++failures;
    std::printf("FAILED: %s, allocation %zu: %s\n", name, fail_at, promise);
  }
  void expect_empty_queue() const { expect(::ERR_peek_error() == 0, "the error queue is empty"); }
};

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

template <typename Rule, bool openssl_keeps_pending = false>
struct ClientOf : tlsmode::Client {
  using Writes = Rule;
  static constexpr tlsmode::ModeSet modes = tlsmode::Mode::auto_retry | tlsmode::Mode::release_buffers;
  static constexpr bool kernel_tls = openssl_keeps_pending;
};

/// Two sides over a wire in memory.
template <typename Rule>
struct WirePair {
  using Client = tlsmode::Connection<ClientOf<Rule>, SparedEnd>;

  void limit(std::size_t bytes) { wire.to_server.budget = bytes; }

  Wire wire;
  tlsmode::Context<ClientOf<Rule>> client_context{trust_in(default_authority())};
  tlsmode::Context<tlsmode::Server> server_context{identity_of(default_server())};
  Client client{client_context, SparedEnd{WireEnd::client(wire)}, tlsmode::PeerName{"server.example"}};
  tlsmode::Connection<tlsmode::Server, SparedEnd> server{server_context, SparedEnd{WireEnd::server(wire)}};
};

/// Two sides over a pair of BIOs, the client with the engine for kernel TLS. The pair holds 17,000 bytes each way.
template <typename Rule>
struct NativePair {
  using Client = tlsmode::Connection<ClientOf<Rule, true>, tlsmode::NativeBio>;

  void limit(std::size_t) {}

  std::pair<::BIO*, ::BIO*> bios = [] {
    std::pair<::BIO*, ::BIO*> made{nullptr, nullptr};
    ::BIO_new_bio_pair(&made.first, 17'000, &made.second, 17'000);
    return made;
  }();
  tlsmode::Context<ClientOf<Rule, true>> client_context{trust_in(default_authority())};
  tlsmode::Context<tlsmode::Server> server_context{identity_of(default_server())};
  Client client{client_context, tlsmode::NativeBio{bios.first, bios.first}, tlsmode::PeerName{"server.example"}};
  tlsmode::Connection<tlsmode::Server, tlsmode::NativeBio> server{server_context,
                                                                  tlsmode::NativeBio{bios.second, bios.second}};
};

/// A pair that has shaken hands, and what has been said over it. The client writes, the server hears.
template <typename PairOf>
class Talk {
 public:
  using IoStatus = tlsmode::IoStatus;

  explicit Talk(const Attempt& made) : attempt{made} {
    attempt.expect(shake_hands(pair.client, pair.server).done(), "the handshake itself succeeds");
    static_cast<void>(hear(pair.client));  // tickets
    expected.reserve(most);
    heard.reserve(most);
  }

  /// Notes how a call ended. Returns: whether one can go on.
  bool note(IoStatus status) {
    const SpareAllocations spared;
    attempt.expect(status == IoStatus::done || status == IoStatus::want_read || status == IoStatus::want_write ||
                       status == IoStatus::failed || (closing && status == IoStatus::closed),
                   "an unexpected status");
    attempt.expect_empty_queue();
    failed = failed || status == IoStatus::failed;
    return status != IoStatus::failed;
  }

  /// Writes, or retries, the rest of `text` once, and takes what was reported from it.
  bool push(std::string_view& text) {
    tlsmode::WriteResult result{IoStatus::done, 0};
    if (pair.client.pending_write().length == 0) {
      result = pair.client.write(text);
    } else if constexpr (requires { pair.client.retry(text); }) {
      result = pair.client.retry(text);
    } else if constexpr (requires { pair.client.retry(); }) {
      result = pair.client.retry();
    }
    expected += text.substr(0, result.bytes);
    text.remove_prefix(result.bytes);
    return note(result.status);
  }

  /// Writes `text`; the server listens in between.
  void say(std::string_view text) {
    doubtful = text;
    for (int round = 0; round != 40 && !text.empty() && !failed; ++round) {
      if (push(text)) note(pair.client.flush());
      doubtful = text;
      listen();
    }
    attempt.expect(failed || text.empty(), "a write ends");
  }

  void listen() {
    char buffer[16384];
    for (IoStatus status = IoStatus::done; status == IoStatus::done;) {
      const tlsmode::ReadResult read = pair.server.read(buffer);
      heard.append(buffer, read.bytes);
      status = read.status;
      note(status);
    }
  }

  /// The server has heard what was reported, and of a write that failed perhaps a part.
  void check() const {
    const std::size_t known = heard.size() < expected.size() ? heard.size() : expected.size();
    const std::string_view text = heard;
    attempt.expect(text.substr(0, known) == std::string_view{expected}.substr(0, known), "the peer got other bytes");
    attempt.expect(doubtful.starts_with(text.substr(known)), "the peer got bytes that nobody wrote");
    attempt.expect(failed || heard.size() == expected.size(), "bytes are missing, and nothing said so");
  }

  static constexpr std::size_t most = 300'000;

  const Attempt& attempt;
  PairOf pair;
  std::string expected;  // what was reported as written
  std::string heard;
  std::string_view doubtful;  // the rest of what is being written
  bool failed = false;
  bool closing = false;
};

}  // namespace tlsmode_tests

#endif
