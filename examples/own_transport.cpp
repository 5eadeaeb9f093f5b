// SPDX-License-Identifier: MIT
// A transport of one's own: two pipes, as between a program and its child. Any type with receive() and send() will do.

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <iostream>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

#include <unistd.h>

#include <tlsmode/tlsmode.hpp>

#include "support/echo_server.hpp"
#include "support/run.hpp"

namespace {

using tlsmode::IoStatus;

class Pipes {
 public:
  Pipes(int reader, int writer) : reader_{reader}, writer_{writer} {}
  Pipes(Pipes&& other) noexcept
      : reader_{std::exchange(other.reader_, -1)}, writer_{std::exchange(other.writer_, -1)} {}
  Pipes& operator=(Pipes&& other) noexcept {
    std::swap(reader_, other.reader_);
    std::swap(writer_, other.writer_);
    return *this;
  }
  ~Pipes() {
    ::close(reader_);
    ::close(writer_);
  }

  [[nodiscard]] tlsmode::ReadResult receive(std::span<std::byte> to) noexcept {
    const ::ssize_t got = ::read(reader_, to.data(), to.size());
    if (got > 0) {
      return {IoStatus::done, static_cast<std::size_t>(got)};
    }
    return {got == 0 ? IoStatus::closed : errno == EAGAIN ? IoStatus::want_read : IoStatus::failed, 0};
  }

  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> from) noexcept {
    const ::ssize_t sent = ::write(writer_, from.data(), from.size());
    if (sent > 0) {
      return {IoStatus::done, static_cast<std::size_t>(sent)};
    }
    return {errno == EAGAIN ? IoStatus::want_write : IoStatus::failed, 0};
  }

  [[nodiscard]] bool blocking() const noexcept { return true; }  // these pipes wait

 private:
  int reader_;
  int writer_;
};

static_assert(tlsmode::TransportType<Pipes>);

void serve(Pipes pipes) {
  const tlsmode::Context<tlsmode::Server> context{examples::identity()};
  tlsmode::Connection connection{context, std::move(pipes)};
  std::array<std::byte, 1000> buffer;
  const tlsmode::ReadResult got = connection.read(buffer);
  examples::require(connection.write(std::span{buffer}.first(got.bytes)).status == IoStatus::done);
  examples::require(connection.read(buffer).status == IoStatus::closed);
  examples::require(connection.shutdown() == IoStatus::done);
}

}  // namespace

int main() {
  return examples::run([] {
    ::signal(SIGPIPE, SIG_IGN);  // a pipe whose reader is gone answers EPIPE
    int there[2];
    int back[2];
    examples::require(::pipe(there) == 0 && ::pipe(back) == 0);
    const std::jthread server{serve, Pipes{there[0], back[1]}};

    const tlsmode::Context<tlsmode::Client> context{examples::trust()};
    tlsmode::Connection connection{context, Pipes{back[0], there[1]}, tlsmode::PeerName{"server.example"}};
    constexpr std::string_view message = "through a pipe";
    std::array<char, 1000> answer;
    examples::require(connection.write(message).status == IoStatus::done);
    const auto [status, bytes] = connection.read(answer);
    std::cout << std::string_view{answer.data(), bytes} << ", " << connection.version() << '\n';
    examples::require(std::string_view{answer.data(), bytes} == message);
    examples::require(connection.shutdown() == IoStatus::done && connection.read(answer).status == IoStatus::closed);
  });
}
