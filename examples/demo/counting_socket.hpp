// SPDX-License-Identifier: MIT
#ifndef TLSMODE_EXAMPLES_DEMO_COUNTING_SOCKET_HPP
#define TLSMODE_EXAMPLES_DEMO_COUNTING_SOCKET_HPP

// A transport of one's own: a Socket that counts its system calls, and the TLS records that leave through it.

#include <cstddef>
#include <span>
#include <utility>

#include <tlsmode/socket.hpp>
#include <tlsmode/transport.hpp>

namespace demo {

/// Finds the records in a stream of ciphertext: type (1 byte), version (2), length (2), and so many bytes after them.
class RecordCounter {
 public:
  void look_at(std::span<const std::byte> ciphertext) noexcept {
    while (!ciphertext.empty()) {
      if (body_left_ != 0) {
        const std::size_t skipped = ciphertext.size() < body_left_ ? ciphertext.size() : body_left_;
        body_left_ -= skipped;
        ciphertext = ciphertext.subspan(skipped);
        continue;
      }
      header_[header_size_++] = ciphertext.front();
      ciphertext = ciphertext.subspan(1);
      if (header_size_ == sizeof header_) {
        header_size_ = 0;
        body_left_ = std::to_integer<std::size_t>(header_[3]) << 8U | std::to_integer<std::size_t>(header_[4]);
        ++records_;
      }
    }
  }
  [[nodiscard]] std::size_t records() const noexcept { return records_; }

 private:
  std::byte header_[5]{};
  std::size_t header_size_ = 0;
  std::size_t body_left_ = 0;
  std::size_t records_ = 0;
};

class CountingSocket {
 public:
  explicit CountingSocket(tlsmode::Socket socket) : socket_{std::move(socket)} {}

  [[nodiscard]] tlsmode::ReadResult receive(std::span<std::byte> to) noexcept {
    ++system_calls_;
    return socket_.receive(to);
  }

  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> from) noexcept {
    ++system_calls_;
    const tlsmode::WriteResult result = socket_.send(from);
    sent_.look_at(from.first(result.bytes));
    return result;
  }

  /// Two spans in one system call: an optional member of a transport, which saves one when a record waits already.
  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> first,
                                          std::span<const std::byte> second) noexcept {
    ++system_calls_;
    const tlsmode::WriteResult result = socket_.send(first, second);
    const std::size_t of_first = result.bytes < first.size() ? result.bytes : first.size();
    sent_.look_at(first.first(of_first));
    sent_.look_at(second.first(result.bytes - of_first));
    return result;
  }

  [[nodiscard]] bool blocking() const noexcept { return socket_.blocking(); }

  [[nodiscard]] int descriptor() const noexcept { return socket_.native_handle(); }
  [[nodiscard]] std::size_t system_calls() const noexcept { return system_calls_; }
  [[nodiscard]] std::size_t records_sent() const noexcept { return sent_.records(); }

 private:
  tlsmode::Socket socket_;
  RecordCounter sent_;
  std::size_t system_calls_ = 0;
};

static_assert(tlsmode::TransportType<CountingSocket>);

}  // namespace demo

#endif
