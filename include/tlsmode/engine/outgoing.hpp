// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_OUTGOING_HPP
#define TLSMODE_ENGINE_OUTGOING_HPP

#include <cerrno>
#include <cstddef>
#include <span>

#include <tlsmode/detail/byte_queue.hpp>
#include <tlsmode/status.hpp>
#include <tlsmode/transport.hpp>

namespace tlsmode::engine {

/// Ciphertext on its way from OpenSSL to the transport. It leaves at once, behind what waits already; what the transport
/// does not take is kept, in memory that exists only while it holds something. A failure to send is kept, too.
class Outgoing {
 public:
  /// Gathers what is taken from now on, about `expected` bytes. It leaves with what is taken after the next uncork(), or
  /// by send_all().
  void cork(std::size_t expected) noexcept {
    corked_ = true;
    if (expected != 0) {
      static_cast<void>(queue_.room(expected));  // without memory, take() says so
    }
  }
  void uncork() noexcept {
    corked_ = false;
    release_if_empty();
  }
  [[nodiscard]] bool corked() const noexcept { return corked_; }

  /// Takes a record from OpenSSL.
  template <typename Transport>
  void take(Transport& transport, std::span<const std::byte> record) noexcept {
    if (error_ != 0) {
      return;
    }
    if (!corked_) {
      refusal_ = IoStatus::done;
      if (!queue_.empty()) {
        record = send_behind_queue(transport, record);
      }
      while (queue_.empty() && !record.empty() && refusal_ == IoStatus::done && error_ == 0) {
        const WriteResult result = transport.send(record);
        if (!note_sent<Transport>(result, record.size())) {
          break;
        }
        record = record.subspan(result.bytes);
      }
    }
    if (error_ == 0 && !record.empty() && !queue_.append(record)) {
      fail(ENOMEM);
    }
  }

  /// Returns: done when nothing waits; want_write, want_read; failed, also for an earlier failure.
  template <typename Transport>
  [[nodiscard]] IoStatus send_all(Transport& transport) noexcept {
    while (!queue_.empty()) {
      const WriteResult result = transport.send(queue_.bytes());
      if (note_sent<Transport>(result, queue_.size())) {
        queue_.drop(result.bytes);
      }
      if (error_ != 0 || refusal_ != IoStatus::done) {
        return error_ != 0 ? IoStatus::failed : refusal_;
      }
    }
    release_if_empty();
    return error_ == 0 ? flush(transport) : IoStatus::failed;
  }

  [[nodiscard]] std::size_t size() const noexcept { return queue_.size(); }
  [[nodiscard]] unsigned long long sent() const noexcept { return sent_; }  // bytes the transport has taken, ever
  [[nodiscard]] int error() const noexcept { return error_; }
  /// What the transport waits for, if it has refused bytes of the last record: asking it again in the same call is in
  /// vain. done: it has taken them.
  [[nodiscard]] IoStatus refusal() const noexcept { return refusal_; }

 private:
  /// What a transport keeps is not sent.
  template <typename Transport>
  [[nodiscard]] IoStatus flush(Transport& transport) noexcept {
    const IoStatus status = detail::flush_transport(transport);
    if (status != IoStatus::done && !would_block(status)) {
      fail(errno);
      return IoStatus::failed;
    }
    return status;
  }

  /// Sends what waits and `record` in one call, if the transport can. Returns: what is left of the record.
  template <typename Transport>
  [[nodiscard]] std::span<const std::byte> send_behind_queue(Transport& transport,
                                                             std::span<const std::byte> record) noexcept {
    if constexpr (detail::SendsPairs<Transport>) {
      const std::size_t waiting = queue_.size();
      const WriteResult result = transport.send(queue_.bytes(), record);
      if (note_sent<Transport>(result, waiting + record.size())) {
        queue_.drop(result.bytes < waiting ? result.bytes : waiting);
        release_if_empty();
        return record.subspan(result.bytes > waiting ? result.bytes - waiting : 0);
      }
    } else {
      static_cast<void>(send_all(transport));
    }
    return record;
  }

  /// Returns: whether bytes were sent.
  template <typename Transport>
  [[nodiscard]] bool note_sent(const WriteResult& result, std::size_t offered) noexcept {
    switch (result.status) {
      case IoStatus::done:
        sent_ += result.bytes;
        refusal_ = is_refusal<Transport>(result.bytes, offered) ? IoStatus::want_write : IoStatus::done;
        return result.bytes != 0;
      case IoStatus::closed:
      case IoStatus::truncated: fail(EPIPE); return false;
      case IoStatus::failed: fail(errno); return false;
      case IoStatus::want_read:
      case IoStatus::want_write:
      case IoStatus::want_decision:
      case IoStatus::write_pending:
      default:
        has_blocked_ = true;
        refusal_ = result.status;
        return false;
    }
  }

  template <typename Transport>
  [[nodiscard]] bool is_refusal(std::size_t taken, std::size_t offered) const noexcept {
    return taken == 0 || (detail::ShortSendMeansFull<Transport> && has_blocked_ && taken < offered);
  }

  void fail(int reason) noexcept {
    error_ = reason != 0 ? reason : EIO;
    queue_.clear();
    queue_.release();
  }
  void release_if_empty() noexcept {
    if (queue_.empty()) {
      queue_.release();
    }
  }

  detail::ByteQueue queue_{};
  unsigned long long sent_ = 0;
  int error_ = 0;
  IoStatus refusal_ = IoStatus::done;
  bool corked_ = false;
  bool has_blocked_ = false;  // the transport has answered that it would block: it is not one that waits
};

}  // namespace tlsmode::engine

#endif
