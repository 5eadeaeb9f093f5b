// SPDX-License-Identifier: MIT
#ifndef TLSMODE_EXAMPLES_SUPPORT_LOOPBACK_HPP
#define TLSMODE_EXAMPLES_SUPPORT_LOOPBACK_HPP

// TCP on 127.0.0.1, for examples that are both sides of a conversation. No TLS in it.

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <tlsmode/socket.hpp>

namespace examples {

inline int check(int result, const char* call) {
  if (result < 0) {
    throw std::system_error{errno, std::generic_category(), call};
  }
  return result;
}

inline void set_option(int descriptor, int level, int option, int value) {
  check(::setsockopt(descriptor, level, option, &value, sizeof value), "setsockopt");
}

inline void make_non_blocking(int descriptor) {
  check(::fcntl(descriptor, F_SETFL, check(::fcntl(descriptor, F_GETFL), "fcntl") | O_NONBLOCK), "fcntl");
}

[[nodiscard]] inline ::sockaddr_in loopback_address(std::uint16_t port) {
  ::sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A TCP socket. With `buffer_size`, its buffers are squeezed to about so many bytes; that has to happen before it is
/// connected or listens, because TCP agrees on the window then.
[[nodiscard]] inline tlsmode::Socket new_socket(int buffer_size = 0) {
  tlsmode::Socket socket{check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
  set_option(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (buffer_size != 0) {
    set_option(socket.native_handle(), SOL_SOCKET, SO_SNDBUF, buffer_size);
    set_option(socket.native_handle(), SOL_SOCKET, SO_RCVBUF, buffer_size);
  }
  return socket;
}

/// A socket that listens on 127.0.0.1, and its port.
class Listener {
 public:
  explicit Listener(int buffer_size = 0) : socket_{new_socket(buffer_size)} {
    const ::sockaddr_in address = loopback_address(0);
    check(::bind(socket_.native_handle(), reinterpret_cast<const ::sockaddr*>(&address), sizeof address), "bind");
    check(::listen(socket_.native_handle(), 128), "listen");
  }

  [[nodiscard]] int native_handle() const noexcept { return socket_.native_handle(); }

  [[nodiscard]] std::uint16_t port() const {
    ::sockaddr_in address{};
    ::socklen_t size = sizeof address;
    check(::getsockname(socket_.native_handle(), reinterpret_cast<::sockaddr*>(&address), &size), "getsockname");
    return ntohs(address.sin_port);
  }

  /// The next connection.
  [[nodiscard]] tlsmode::Socket accept() const {
    return tlsmode::Socket{check(::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC), "accept")};
  }

 private:
  tlsmode::Socket socket_;
};

[[nodiscard]] inline tlsmode::Socket connect_to(std::uint16_t port, int buffer_size = 0) {
  tlsmode::Socket socket = new_socket(buffer_size);
  const ::sockaddr_in address = loopback_address(port);
  check(::connect(socket.native_handle(), reinterpret_cast<const ::sockaddr*>(&address), sizeof address), "connect");
  return socket;
}

/// Two non-blocking sockets that are connected with each other.
[[nodiscard]] inline std::pair<tlsmode::Socket, tlsmode::Socket> connected_pair(int buffer_size = 0) {
  const Listener listener{buffer_size};
  tlsmode::Socket client = connect_to(listener.port(), buffer_size);
  tlsmode::Socket server = listener.accept();
  make_non_blocking(client.native_handle());
  make_non_blocking(server.native_handle());
  return {std::move(client), std::move(server)};
}

}  // namespace examples

#endif
