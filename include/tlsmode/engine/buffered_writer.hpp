// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_BUFFERED_WRITER_HPP
#define TLSMODE_ENGINE_BUFFERED_WRITER_HPP

#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

#include <openssl/ssl.h>

#include <tlsmode/detail/byte_queue.hpp>
#include <tlsmode/engine/commit.hpp>
#include <tlsmode/engine/record_sizer.hpp>
#include <tlsmode/engine/writer.hpp>
#include <tlsmode/pending_write.hpp>
#include <tlsmode/policy.hpp>
#include <tlsmode/status.hpp>

namespace tlsmode::engine {

/// The rule under which the library owns what is pending. Small writes are gathered until they fill a record; whole
/// records are encrypted where they are. What the transport does not take is bounded: beyond it, writes take nothing.
template <PolicyType Policy, typename Engine>
class BufferedWriter {
 public:
  [[nodiscard]] bool holds_output() const noexcept { return !gathered_.empty(); }
  [[nodiscard]] static constexpr PendingWrite pending() noexcept { return {}; }
  static constexpr void hold(SSL*, std::span<const std::byte>) noexcept {}
  static constexpr std::size_t cancel() noexcept { return 0; }

  /// Gathers `bytes` if there is nothing more to it. Returns: false, with nothing done, if write() has to.
  [[nodiscard]] bool gather(std::span<const std::byte> bytes) noexcept {
    return gathered_.size() + bytes.size() < Policy::record_size && sealed_ == 0 && append(bytes);
  }

  template <typename Settle>
  [[nodiscard]] Written write(Engine& engine, SSL* ssl, std::span<const std::byte> bytes, Settle settle) noexcept {
    std::size_t accepted = 0;
    bool asked = false;
    Written step;
    while (step.status == IoStatus::done && accepted != bytes.size()) {
      const std::span<const std::byte> rest = bytes.subspan(accepted);
      if (Engine::sends_whole_batches && gathered_.empty() && rest.size() >= Policy::record_size) {
        step = commit_records(engine, ssl, whole_records(rest), settle, asked, accepted);
      } else if (gathered_.size() == Policy::record_size || sealed_ != 0) {
        step = seal(engine, ssl, settle, asked);
      } else {
        const std::size_t room = Policy::record_size - gathered_.size();
        const std::size_t taken = rest.size() < room ? rest.size() : room;
        if (append(rest.first(taken))) {
          accepted += taken;
        } else {
          step = {IoStatus::failed, 0, false, ENOMEM};
        }
      }
    }
    if (accepted != 0 && step.status != IoStatus::failed && gathered_.size() == Policy::record_size) {
      step = seal(engine, ssl, settle, asked);
    }
    return accepted != 0 && step.status != IoStatus::failed ? Written{IoStatus::done, accepted} : step;
  }

  /// Encrypts what is gathered and sends all there is.
  template <typename Settle>
  [[nodiscard]] Written flush(Engine& engine, SSL* ssl, Settle settle) noexcept {
    bool asked = false;
    const Written sealed = gathered_.empty() ? Written{} : seal(engine, ssl, settle, asked);
    return sealed.status == IoStatus::done ? Written{drain(engine, ssl, asked)} : sealed;
  }

 private:
  /// The second piece is the sign that more will come: then there is room for a record at once.
  [[nodiscard]] bool append(std::span<const std::byte> bytes) noexcept {
    const bool is_first = gathered_.empty();
    return (is_first || !gathered_.room(Policy::record_size - gathered_.size()).empty()) && gathered_.append(bytes);
  }

  [[nodiscard]] static std::span<const std::byte> whole_records(std::span<const std::byte> bytes) noexcept {
    return bytes.first(bytes.size() / Policy::record_size * Policy::record_size);
  }

  /// Encrypts `records` where they are, as many as a batch has, and adds their bytes to `accepted`.
  template <typename Settle>
  [[nodiscard]] Written commit_records(Engine& engine, SSL* ssl, std::span<const std::byte> records, Settle settle,
                                       bool& asked, std::size_t& accepted) noexcept {
    if (const IoStatus status = make_room(engine, ssl, asked); status != IoStatus::done) {
      return {status};
    }
    const bool refused = engine.output_size() != 0;
    const Commit step = engine.commit(ssl, records, sizer_, Policy::batch_size, refused);
    accepted += step.bytes;
    return step.returned == 1 ? Written{} : Written{settle(step.returned), 0, true};
  }

  /// Sends what waits. A transport that was `asked` before in this call, and refused, is not asked again.
  [[nodiscard]] static IoStatus drain(Engine& engine, SSL* ssl, bool& asked) noexcept {
    return std::exchange(asked, true) ? engine.drain_commit(ssl) : engine.drain(ssl);
  }

  /// Returns: done if one more batch may be committed; else what the transport waits for.
  [[nodiscard]] static IoStatus make_room(Engine& engine, SSL* ssl, bool& asked) noexcept {
    const IoStatus status = drain(engine, ssl, asked);
    const bool bounded = Engine::sends_whole_batches && engine.output_size() < Policy::batch_size;
    return status != IoStatus::failed && bounded ? IoStatus::done : status;
  }

  /// Makes records of what is gathered. The bytes stay until OpenSSL has no more use for them.
  template <typename Settle>
  [[nodiscard]] Written seal(Engine& engine, SSL* ssl, Settle settle, bool& asked) noexcept {
    while (!gathered_.empty()) {
      if (const IoStatus status = make_room(engine, ssl, asked); status != IoStatus::done) {
        return {status};
      }
      gathered_.drop(std::exchange(sealed_, 0U));
      if (!gathered_.empty()) {  // a peer may have asked for smaller records: one commit is not always all
        const bool refused = engine.output_size() != 0;
        const Commit step = engine.commit(ssl, gathered_.bytes(), sizer_, Policy::record_size, refused);
        if (step.returned != 1) {
          sealed_ = step.bytes;
          return {settle(step.returned), 0, true};
        }
        gathered_.drop(step.bytes);
      }
    }
    gathered_.release();
    return {};
  }

  detail::ByteQueue gathered_{};  // plaintext, less than a record or one
  [[no_unique_address]] RecordSizer<Policy> sizer_{};
  std::size_t sealed_ = 0;  // how many of them are committed inside OpenSSL, which has not sent them yet
};

}  // namespace tlsmode::engine

#endif
