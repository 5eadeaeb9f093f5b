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
#include <tlsmode/policy.hpp>
#include <tlsmode/status.hpp>

namespace tlsmode::engine {

/// The rule under which the library owns what is pending. Small writes are gathered until they fill a record; whole
/// records are encrypted where they are. What the transport does not take is bounded: beyond it, writes take nothing.
template <PolicyType Policy, typename Engine>
class BufferedWriter {
 public:
  [[nodiscard]] bool holds_output() const noexcept { return !gathered_.empty(); }

  /// Gathers `bytes` if there is nothing more to it. Returns: false, with nothing done, if write() has to.
  [[nodiscard]] bool gather(std::span<const std::byte> bytes) noexcept {
    return gathered_.size() + bytes.size() < Policy::record_size && sealed_ == 0 && append(bytes);
  }

  template <typename Settle>
  [[nodiscard]] WriteResult write(Engine& engine, SSL* ssl, std::span<const std::byte> bytes, Settle settle) noexcept {
    std::size_t accepted = 0;
    bool asked = false;
    IoStatus status = IoStatus::done;
    while (status == IoStatus::done && accepted != bytes.size()) {
      const std::span<const std::byte> rest = bytes.subspan(accepted);
      if (Engine::sends_whole_batches && gathered_.empty() && rest.size() >= Policy::record_size) {
        status = make_room(engine, ssl, asked);
        if (status == IoStatus::done) {
          const bool refused = engine.output_size() != 0;
          const Commit step = engine.commit(ssl, whole_records(rest), sizer_, Policy::batch_size, refused);
          accepted += step.bytes;
          status = step.returned == 1 ? status : settle(step.returned);
        }
      } else if (gathered_.size() == Policy::record_size || sealed_ != 0) {
        status = seal(engine, ssl, settle, asked);
      } else {
        const std::size_t room = Policy::record_size - gathered_.size();
        const std::size_t taken = rest.size() < room ? rest.size() : room;
        if (append(rest.first(taken))) {
          accepted += taken;
        } else {
          errno = ENOMEM;
          status = IoStatus::failed;
        }
      }
    }
    if (accepted != 0 && status != IoStatus::failed && gathered_.size() == Policy::record_size) {
      status = seal(engine, ssl, settle, asked);
    }
    return accepted != 0 && status != IoStatus::failed ? WriteResult{IoStatus::done, accepted} : WriteResult{status, 0};
  }

  /// Encrypts what is gathered and sends all there is.
  template <typename Settle>
  [[nodiscard]] IoStatus flush(Engine& engine, SSL* ssl, Settle settle) noexcept {
    bool asked = false;
    const IoStatus status = gathered_.empty() ? IoStatus::done : seal(engine, ssl, settle, asked);
    return status == IoStatus::done ? drain(engine, ssl, asked) : status;
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
  [[nodiscard]] IoStatus seal(Engine& engine, SSL* ssl, Settle settle, bool& asked) noexcept {
    while (!gathered_.empty()) {
      if (const IoStatus status = make_room(engine, ssl, asked); status != IoStatus::done) {
        return status;
      }
      gathered_.drop(std::exchange(sealed_, 0U));
      if (!gathered_.empty()) {  // a peer may have asked for smaller records: one commit is not always all
        const bool refused = engine.output_size() != 0;
        const Commit step = engine.commit(ssl, gathered_.bytes(), sizer_, Policy::record_size, refused);
        if (step.returned != 1) {
          sealed_ = step.bytes;
          return settle(step.returned);
        }
        gathered_.drop(step.bytes);
      }
    }
    gathered_.release();
    return IoStatus::done;
  }

  detail::ByteQueue gathered_{};  // plaintext, less than a record or one
  [[no_unique_address]] RecordSizer<Policy> sizer_{};
  std::size_t sealed_ = 0;  // how many of them are committed inside OpenSSL, which has not sent them yet
};

}  // namespace tlsmode::engine

#endif
