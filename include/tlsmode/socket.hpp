// SPDX-License-Identifier: MIT
#ifndef TLSMODE_SOCKET_HPP
#define TLSMODE_SOCKET_HPP

#include <cerrno>
#include <cstddef>
#include <span>

#include <fcntl.h>
#include <sys/socket.h>

#include <tlsmode/detail/descriptor.hpp>
#include <tlsmode/error.hpp>
#include <tlsmode/transport.hpp>

namespace tlsmode {

/// A connected stream socket, blocking or not. Owns its descriptor unless it was borrowed. Never raises SIGPIPE.
/// A call that a signal interrupts is made again.
/// A socket that is closed while input waits in it makes TCP throw away what was sent and has not arrived. So an owned one
/// that has sent something reads what has come before it is closed, without waiting. What comes later can still do harm:
/// tlsmode/wait.hpp has close(), which waits for the peer. A process that shares the connection would miss what is read
/// here: release() a descriptor that another one goes on with.
/// Proof: tests/unit/socket_test.cpp.
class Socket {
 public:
  static constexpr bool short_send_means_full = true;

  /// Takes over `descriptor`, which is closed with this object; also when this throws.
  /// Errors: throws Error if it is no open descriptor or no stream socket. Wraps: getsockopt(2), SO_TYPE.
  explicit Socket(int descriptor) : descriptor_{descriptor}, owned_{true} { check(); }

  /// Uses `descriptor` and leaves its closing to the caller. Lifetime: it has to stay open as long as this object is used.
  [[nodiscard]] static Socket borrow(int descriptor) { return Socket{descriptor, Borrowed{}}; }

  Socket(Socket&& other) noexcept : descriptor_{other.release()}, owned_{other.owned_}, has_sent_{other.has_sent_} {}
  Socket& operator=(Socket&& other) noexcept {
    if (this != &other) {
      close_if_owned();
      owned_ = other.owned_;
      has_sent_ = other.has_sent_;
      descriptor_ = other.release();
    }
    return *this;
  }
  Socket(const Socket&) = delete;             // FIX: a handle has one owner: move it, or pass a reference
  Socket& operator=(const Socket&) = delete;  // FIX: a handle has one owner: move it, or pass a reference
  ~Socket() { close_if_owned(); }

  /// Wraps: recv(2).
  [[nodiscard]] ReadResult receive(std::span<std::byte> to) noexcept {
    while (true) {
      const ::ssize_t got = ::recv(descriptor_, to.data(), to.size(), 0);
      if (got > 0) {
        return {IoStatus::done, static_cast<std::size_t>(got)};
      }
      if (got == 0) {
        return {IoStatus::closed, 0};
      }
      if (errno != EINTR) {
        return {no_room_or_input() ? IoStatus::want_read : IoStatus::failed, 0};
      }
    }
  }

  /// Wraps: send(2) with MSG_NOSIGNAL.
  [[nodiscard]] WriteResult send(std::span<const std::byte> from) noexcept {
    return send_again_if_interrupted([&] { return ::send(descriptor_, from.data(), from.size(), MSG_NOSIGNAL); });
  }

  /// Sends two spans in one call. Wraps: sendmsg(2) with MSG_NOSIGNAL.
  [[nodiscard]] WriteResult send(std::span<const std::byte> first, std::span<const std::byte> second) noexcept {
    ::iovec parts[2] = {{const_cast<std::byte*>(first.data()), first.size()},
                        {const_cast<std::byte*>(second.data()), second.size()}};
    ::msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    return send_again_if_interrupted([&] { return ::sendmsg(descriptor_, &message, MSG_NOSIGNAL); });
  }

  /// Whether receive waits for input. Wraps: fcntl(2), O_NONBLOCK.
  [[nodiscard]] bool blocking() const noexcept { return (::fcntl(descriptor_, F_GETFL) & O_NONBLOCK) == 0; }

  /// The descriptor; -1 once moved from or released.
  [[nodiscard]] int native_handle() const noexcept { return descriptor_; }

  /// Hands the descriptor to the caller, who closes it.
  [[nodiscard]] int release() noexcept {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return descriptor;
  }

 private:
  struct Borrowed {};
  Socket(int descriptor, Borrowed) : descriptor_{descriptor}, owned_{false} { check(); }

  void check() {
    int type = 0;
    ::socklen_t size = sizeof type;
    const int reason = ::getsockopt(descriptor_, SOL_SOCKET, SO_TYPE, &type, &size) == 0 ? 0 : errno;
    const bool is_stream = reason == 0 && type == SOCK_STREAM;
    if (!is_stream) {
      close_if_owned();
      throw Error{{.kind = ErrorKind::system,
                   .operation = Operation::open_socket,
                   .message = reason == EBADF ? "this is not an open descriptor" : "this is not a stream socket",
                   .remedy = "give the descriptor of a connected TCP or Unix stream socket",
                   .system_error = reason}};
    }
  }

  void close_if_owned() noexcept {
    if (owned_ && descriptor_ >= 0) {
      if (has_sent_) {
        drop_input();
      }
      ::close(descriptor_);
    }
  }

  /// Reads what has come: closed with input unread, the system would destroy what was sent and has not arrived.
  /// Wraps: recv(2) with MSG_DONTWAIT. A peer that sends as fast as this reads is read no more than 4 MB.
  void drop_input() const noexcept {
    std::byte dropped[16 * 1024];
    for (int calls = 0; calls != 256; ++calls) {
      const ::ssize_t got = ::recv(descriptor_, dropped, sizeof dropped, MSG_DONTWAIT);
      const bool is_all = got >= 0 ? static_cast<std::size_t>(got) < sizeof dropped : errno != EINTR;
      if (is_all) {
        return;
      }
    }
  }

  template <typename Send>
  [[nodiscard]] WriteResult send_again_if_interrupted(Send send) noexcept {
    while (true) {
      const ::ssize_t sent = send();
      if (sent >= 0) {
        has_sent_ = true;
        return {IoStatus::done, static_cast<std::size_t>(sent)};
      }
      if (errno == EPIPE) {
        tell_unconnected();
      }
      if (errno != EINTR) {
        return {no_room_or_input() ? IoStatus::want_write : IoStatus::failed, 0};
      }
    }
  }

  /// Of a TCP socket that never was connected, Linux says EPIPE, as of one whose peer is gone; only receiving tells.
  void tell_unconnected() const noexcept {
    char none = 0;
    const bool is_unconnected = ::recv(descriptor_, &none, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == ENOTCONN;
    errno = is_unconnected ? ENOTCONN : EPIPE;
  }

  [[nodiscard]] static bool no_room_or_input() noexcept {
    constexpr int other_name = EWOULDBLOCK;  // the same number on most systems, where -Wlogical-op objects to two
    return errno == EAGAIN || errno == other_name;
  }

  int descriptor_;
  bool owned_;
  bool has_sent_ = false;  // there is something that closing could destroy
};

}  // namespace tlsmode

#endif
