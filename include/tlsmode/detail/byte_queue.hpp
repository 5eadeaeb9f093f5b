// SPDX-License-Identifier: MIT
#ifndef TLSMODE_DETAIL_BYTE_QUEUE_HPP
#define TLSMODE_DETAIL_BYTE_QUEUE_HPP

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <span>

namespace tlsmode::detail {

/// Bytes that wait, first in, first out. Its memory exists only while it is wanted: release() gives it back.
class ByteQueue {
 public:
  ByteQueue() noexcept = default;
  ByteQueue(ByteQueue&& other) noexcept { take(other); }
  ByteQueue& operator=(ByteQueue&& other) noexcept {
    if (this != &other) {
      std::free(memory_);
      take(other);
    }
    return *this;
  }
  ByteQueue(const ByteQueue&) = delete;             // FIX: a handle has one owner: move it, or pass a reference
  ByteQueue& operator=(const ByteQueue&) = delete;  // FIX: a handle has one owner: move it, or pass a reference
  ~ByteQueue() { std::free(memory_); }

  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {memory_ + begin_, size()}; }

  /// Makes room for `size` more bytes behind the last one. Returns: an empty span when there is no memory.
  [[nodiscard]] std::span<std::byte> room(std::size_t size) noexcept {
    if (capacity_ - end_ < size && !make_room(size)) {
      return {};
    }
    return {memory_ + end_, capacity_ - end_};
  }
  /// Adds the first `size` bytes of the room, which the caller has filled.
  void add(std::size_t size) noexcept { end_ += size; }

  /// Returns: false, with nothing changed, when there is no memory.
  [[nodiscard]] bool append(std::span<const std::byte> bytes) noexcept {
    const std::span<std::byte> to = room(bytes.size());
    if (to.size() < bytes.size()) {
      return false;
    }
    if (!bytes.empty()) {
      std::memcpy(to.data(), bytes.data(), bytes.size());
    }
    add(bytes.size());
    return true;
  }

  /// Removes the first `size` bytes.
  void drop(std::size_t size) noexcept {
    begin_ += size;
    if (begin_ == end_) {
      begin_ = end_ = 0;
    }
  }

  void clear() noexcept { begin_ = end_ = 0; }

  /// Gives the memory back. Requires: empty().
  void release() noexcept {
    if (memory_ != nullptr) {
      std::free(memory_);
      memory_ = nullptr;
      capacity_ = 0;
    }
  }

 private:
  void take(ByteQueue& other) noexcept {
    memory_ = other.memory_;
    begin_ = other.begin_;
    end_ = other.end_;
    capacity_ = other.capacity_;
    other.memory_ = nullptr;
    other.begin_ = other.end_ = other.capacity_ = 0;
  }

  [[nodiscard]] bool make_room(std::size_t size) noexcept {
    const std::size_t held = end_ - begin_;
    if (capacity_ - held >= size) {  // enough, once what has been dropped is reused
      std::memmove(memory_, memory_ + begin_, held);
    } else {
      const std::size_t twice = capacity_ * 2;
      const std::size_t wanted = held + size > twice ? held + size : twice;
      auto* const larger = static_cast<std::byte*>(std::malloc(wanted));
      if (larger == nullptr) {
        return false;
      }
      if (held != 0) {
        std::memcpy(larger, memory_ + begin_, held);
      }
      std::free(memory_);
      memory_ = larger;
      capacity_ = wanted;
    }
    begin_ = 0;
    end_ = held;
    return true;
  }

  std::byte* memory_ = nullptr;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace tlsmode::detail

#endif
