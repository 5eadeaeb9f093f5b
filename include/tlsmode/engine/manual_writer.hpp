// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_MANUAL_WRITER_HPP
#define TLSMODE_ENGINE_MANUAL_WRITER_HPP

#include <cstddef>
#include <cstdint>
#include <span>

#include <openssl/ssl.h>

#include <tlsmode/engine/blocked_write.hpp>
#include <tlsmode/engine/commit.hpp>
#include <tlsmode/engine/record_sizer.hpp>
#include <tlsmode/engine/writer.hpp>
#include <tlsmode/pending_write.hpp>
#include <tlsmode/policy.hpp>
#include <tlsmode/status.hpp>

namespace tlsmode::engine {

/// The four rules under which the caller keeps the bytes of a blocked write and retries it.
/// `settle` turns what SSL_write_ex answered into a status.
template <PolicyType Policy, typename Engine>
class ManualWriter {
 public:
  [[nodiscard]] const BlockedWrite& blocked() const noexcept { return blocked_; }
  [[nodiscard]] PendingWrite pending() const noexcept { return blocked_.shown(); }
  [[nodiscard]] static constexpr bool holds_output() noexcept { return false; }
  [[nodiscard]] static constexpr bool gather(std::span<const std::byte>) noexcept { return false; }

  /// Remembers a write of which nothing is committed yet.
  void hold(SSL* ssl, std::span<const std::byte> bytes) noexcept { blocked_.hold(bytes, 0, seed(ssl)); }

  [[nodiscard]] bool matches(SSL* ssl, std::span<const std::byte> bytes) const noexcept {
    return blocked_.matches(bytes, seed(ssl));
  }

  std::size_t cancel() noexcept {
    const std::size_t committed = blocked_.committed();
    blocked_.clear();
    return committed;
  }

  template <typename Settle>
  [[nodiscard]] Written flush(Engine& engine, SSL* ssl, Settle) noexcept {
    return {engine.drain(ssl)};
  }

  /// Commits `bytes`, a pending write from its committed bytes on, until all have left, the transport blocks, or (partial
  /// rules) some have left.
  template <typename Settle>
  [[nodiscard]] Written write(Engine& engine, SSL* ssl, std::span<const std::byte> bytes, Settle settle) noexcept {
    std::size_t committed = blocked_.committed();
    std::size_t left = 0;  // how many bytes the transport has taken altogether
    bool settled = false;
    IoStatus status = engine.drain(ssl);
    while (status == IoStatus::done) {
      left = committed;
      if (left == bytes.size() || (returns_after_each_record && left != 0)) {
        blocked_.clear();
        return {IoStatus::done, left};
      }
      const Commit step = engine.commit(ssl, next_part(bytes.subspan(committed)), sizer_, Policy::batch_size);
      committed += step.bytes;
      settled = step.returned != 1;
      status = settled ? settle(step.returned) : engine.drain_commit(ssl);
    }
    if constexpr (AllowsPartialWrite<Policy>) {
      const bool some_left = left != 0 || (committed != 0 && engine.first_record_left());
      const std::size_t reported = goes_on(status) ? committed : left;
      if (some_left && reported != 0 && reported != bytes.size()) {
        blocked_.clear();
        return {IoStatus::done, reported};  // the rest of what is committed leaves first, whatever is called next
      }
    }
    if (goes_on(status)) {
      blocked_.hold(bytes, committed, seed(ssl));
    } else {
      blocked_.clear();
    }
    return {status, 0, settled};
  }

 private:
  static constexpr bool returns_after_each_record = AllowsPartialWrite<Policy> && !Engine::sends_whole_batches;

  /// By a partial rule the last record is not committed before the others have left: as long as bytes remain that are
  /// not committed, the caller can be told of those that are, without a write that nobody would flush.
  [[nodiscard]] static std::span<const std::byte> next_part(std::span<const std::byte> rest) noexcept {
    if constexpr (AllowsPartialWrite<Policy> && Engine::sends_whole_batches) {
      if (rest.size() > Policy::record_size) {
        return rest.first((rest.size() - 1) / Policy::record_size * Policy::record_size);
      }
    }
    return rest;
  }

  [[nodiscard]] static std::uint64_t seed(const SSL* ssl) noexcept { return reinterpret_cast<std::uintptr_t>(ssl); }

  BlockedWrite blocked_{};
  [[no_unique_address]] RecordSizer<Policy> sizer_{};
};

}  // namespace tlsmode::engine

#endif
