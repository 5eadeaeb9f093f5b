// SPDX-License-Identifier: MIT
#ifndef TLSMODE_MEMORY_TRANSPORT_HPP
#define TLSMODE_MEMORY_TRANSPORT_HPP

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include <tlsmode/detail/byte_queue.hpp>
#include <tlsmode/transport.hpp>

namespace tlsmode {

/// Bytes in, bytes out: TLS without I/O. The caller carries ciphertext between this object and the world, by any means.
/// Proof: tests/unit/memory_transport_test.cpp.
class MemoryTransport {
 public:
  /// Extent: `output_limit` is the most ciphertext that waits in output(); beyond it, writes answer want_write.
  explicit MemoryTransport(std::size_t output_limit = SIZE_MAX) noexcept : output_limit_{output_limit} {}

  /// Adds ciphertext that came from the peer.
  /// Returns: false, with nothing added, if there is no memory or end_input() was called before.
  [[nodiscard]] bool add_input(std::span<const std::byte> ciphertext) noexcept {
    return !ended_ && input_.append(ciphertext);
  }
  /// Says that the peer will send no more: the end of the stream.
  void end_input() noexcept { ended_ = true; }

  /// The ciphertext for the peer, oldest byte first. Lifetime: until the connection or this object is used again.
  [[nodiscard]] std::span<const std::byte> output() const noexcept { return output_.bytes(); }
  /// Removes the first `size` bytes of output(): they were sent. Extent: at most output().size().
  void drop_output(std::size_t size) noexcept {
    output_.drop(size < output_.size() ? size : output_.size());
    if (output_.empty()) {
      output_.release();
    }
  }

  /// Ciphertext that was taken out: it stays where it is, whatever happens to the transport and to the connection.
  class Output {
   public:
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_.bytes(); }

   private:
    friend class MemoryTransport;
    explicit Output(detail::ByteQueue&& bytes) noexcept : bytes_{std::move(bytes)} {}
    detail::ByteQueue bytes_;
  };
  /// Takes all of output(), for a send that is under way while the connection goes on. Send what is taken in the order in
  /// which it was. It no longer counts for the limit: let one send be over before the next is taken.
  [[nodiscard]] Output take_output() noexcept { return Output{std::move(output_)}; }

  [[nodiscard]] ReadResult receive(std::span<std::byte> to) noexcept {
    if (input_.empty()) {
      return {ended_ ? IoStatus::closed : IoStatus::want_read, 0};
    }
    const std::size_t taken = to.size() < input_.size() ? to.size() : input_.size();
    std::memcpy(to.data(), input_.bytes().data(), taken);
    input_.drop(taken);
    if (input_.empty()) {
      input_.release();
    }
    return {IoStatus::done, taken};
  }

  [[nodiscard]] WriteResult send(std::span<const std::byte> from) noexcept {
    const std::size_t room = output_limit_ > output_.size() ? output_limit_ - output_.size() : 0;
    const std::size_t taken = from.size() < room ? from.size() : room;
    if (taken == 0) {
      return {IoStatus::want_write, 0};
    }
    if (!output_.append(from.first(taken))) {
      errno = ENOMEM;
      return {IoStatus::failed, 0};
    }
    return {IoStatus::done, taken};
  }

 private:
  detail::ByteQueue input_{};
  detail::ByteQueue output_{};
  std::size_t output_limit_;
  bool ended_ = false;
};

}  // namespace tlsmode

#endif
