// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_INCOMING_HPP
#define TLSMODE_ENGINE_INCOMING_HPP

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>

#include <tlsmode/detail/byte_queue.hpp>
#include <tlsmode/engine/record_edge.hpp>
#include <tlsmode/status.hpp>

namespace tlsmode::engine {

/// Ciphertext on its way from the transport to OpenSSL, which gets one record at a time and so never holds a byte of the
/// next one. What comes alone is received straight into OpenSSL's memory. While more comes than fits there, several
/// records are received at once, into a queue that exists only as long as this goes on. Where the last message was small,
/// the next one is looked for on the stack: see ElasticEngine::read().
class Incoming {
 public:
  /// Puts what belongs to the record under way into `to`.
  /// Returns: done with at least one byte; want_read; truncated at the end of the stream; failed, see error().
  template <typename Transport>
  [[nodiscard]] ReadResult read(Transport& transport, std::span<std::byte> to) noexcept {
    if (look_ != nullptr && !look_->unread.empty()) {
      const std::span<const std::byte> seen = look_->unread;
      const std::size_t size = edge_.advance(seen.first(seen.size() < to.size() ? seen.size() : to.size()));
      std::memcpy(to.data(), seen.data(), size);
      look_->unread = seen.subspan(size);
      return {IoStatus::done, size};
    }
    if (queue_.empty()) {
      if (!burst_) {
        return receive_straight(transport, to);
      }
      if (const IoStatus status = receive_ahead(transport); status != IoStatus::done) {
        return {status, 0};
      }
    }
    const std::span<const std::byte> held = queue_.bytes();
    const std::size_t size = edge_.advance(held.first(held.size() < to.size() ? held.size() : to.size()));
    std::memcpy(to.data(), held.data(), size);
    queue_.drop(size);
    release_if_spent();
    return {IoStatus::done, size};
  }

  /// What was received before OpenSSL was asked, into memory of the caller.
  struct Look {
    std::span<const std::byte> unread{};
  };
  /// Receives into `memory`, so that OpenSSL need not be asked when there is nothing. What came is what the next reads give
  /// out; end_look() comes before `look` and `memory` go. Requires: at_rest().
  /// Returns: whether the transport had nothing to give.
  template <typename Transport>
  [[nodiscard]] bool begin_look(Look& look, Transport& transport, std::span<std::byte> memory) noexcept {
    const ReadResult result = receive(transport, memory);
    look.unread = memory.first(result.bytes);
    look_ = &look;
    return result.status == IoStatus::want_read;
  }
  /// Keeps what is left of the look. Without memory for it, reading fails from here on.
  void end_look() noexcept {
    if (!look_->unread.empty() && !queue_.append(look_->unread)) {
      error_ = ENOMEM;
    }
    look_ = nullptr;
  }

  [[nodiscard]] bool empty() const noexcept { return queue_.empty(); }
  /// Whether OpenSSL holds no part of a record, nothing waits here, and the transport did not look as if it had more.
  [[nodiscard]] bool at_rest() const noexcept { return edge_.between_records() && queue_.empty() && !burst_; }
  [[nodiscard]] bool between_records() const noexcept { return edge_.between_records(); }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  [[nodiscard]] int error() const noexcept { return error_; }

  void start_read() noexcept { dry_ = false; }
  [[nodiscard]] bool dry() const noexcept { return dry_; }  // since start_read(), the transport had nothing to give
  [[nodiscard]] bool has_been_dry() const noexcept { return has_been_dry_; }  // ever: it does not wait for input

 private:
  static constexpr std::size_t one_record = std::size_t{17} * 1024;  // a full record with all that may be around it
  static constexpr std::size_t four_records = 4 * one_record;

  template <typename Transport>
  [[nodiscard]] ReadResult receive_straight(Transport& transport, std::span<std::byte> to) noexcept {
    const ReadResult result = receive(transport, to);
    if (result.status != IoStatus::done) {
      return result;
    }
    burst_ = result.bytes == to.size() && result.bytes > one_record / 2;
    const std::size_t size = edge_.advance(to.first(result.bytes));
    if (size != result.bytes && !queue_.append(to.subspan(size, result.bytes - size))) {
      error_ = ENOMEM;
      return {IoStatus::failed, 0};
    }
    return {IoStatus::done, size};
  }

  template <typename Transport>
  [[nodiscard]] IoStatus receive_ahead(Transport& transport) noexcept {
    const std::span<std::byte> room = queue_.room(four_records);
    if (room.empty()) {
      error_ = ENOMEM;
      return IoStatus::failed;
    }
    const ReadResult result = receive(transport, room);
    queue_.add(result.bytes);
    burst_ = result.bytes > one_record;
    release_if_spent();
    return result.status;
  }

  template <typename Transport>
  [[nodiscard]] ReadResult receive(Transport& transport, std::span<std::byte> to) noexcept {
    if (ended_ || error_ != 0) [[unlikely]] {  // look() may have been told, and a system says some things once
      return {error_ != 0 ? IoStatus::failed : IoStatus::truncated, 0};
    }
    const ReadResult result = transport.receive(to);
    switch (result.status) {
      case IoStatus::done: return result.bytes != 0 ? result : wait();
      case IoStatus::closed:
      case IoStatus::truncated: ended_ = true; return {IoStatus::truncated, 0};
      case IoStatus::failed: error_ = errno != 0 ? errno : EIO; return {IoStatus::failed, 0};
      case IoStatus::want_read:
      case IoStatus::want_write:
      case IoStatus::want_decision:
      case IoStatus::write_pending:
      default: return wait();
    }
  }

  [[nodiscard]] ReadResult wait() noexcept {
    dry_ = has_been_dry_ = true;
    return {IoStatus::want_read, 0};
  }

  void release_if_spent() noexcept {
    if (queue_.empty() && !burst_) {
      queue_.release();
    }
  }

  Look* look_ = nullptr;  // between begin_look() and end_look(): within one call, so that no move sees it
  detail::ByteQueue queue_{};
  RecordEdge edge_{};
  int error_ = 0;
  bool burst_ = false;  // more came than fits into OpenSSL's memory: receive several records at once
  bool dry_ = false;
  bool has_been_dry_ = false;
  bool ended_ = false;
};

}  // namespace tlsmode::engine

#endif
