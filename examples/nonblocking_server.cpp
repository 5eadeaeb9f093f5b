// SPDX-License-Identifier: MIT
// An echo server without threads: one poll loop, many connections, and a vector that holds what each has not sent yet.
// PartialMovingWrites is made for that: a retry may come from where the vector has moved to, and may be longer.

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include <poll.h>

#include <tlsmode/tlsmode.hpp>

#include "support/echo_clients.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace {

using tlsmode::IoStatus;

struct EchoPolicy : tlsmode::Server {
  using Writes = tlsmode::PartialMovingWrites;
};

class Session {
 public:
  explicit Session(tlsmode::Connection<EchoPolicy> connection) : connection_{std::move(connection)} {}

  /// Reads and writes until both would have to wait. Returns: false when the session is over.
  [[nodiscard]] bool go_on() {
    while (true) {
      IoStatus status = IoStatus::done;
      while (status == IoStatus::done && has_room()) {
        std::array<std::byte, 16384> buffer;
        const tlsmode::ReadResult read = connection_.read(buffer);
        unsent_.insert(unsent_.end(), buffer.data(), buffer.data() + read.bytes);
        status = read.status;
      }
      while (!unsent_.empty()) {
        const bool is_retry = connection_.pending_write().length != 0;
        const tlsmode::WriteResult write = is_retry ? connection_.retry(unsent_) : connection_.write(unsent_);
        if (write.status != IoStatus::done) {
          return write.status == IoStatus::want_write || write.status == IoStatus::want_read;
        }
        unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(write.bytes));
      }
      if (status == IoStatus::closed) {  // close_notify is answered with close_notify
        return connection_.shutdown() == IoStatus::want_write;
      }
      if (status != IoStatus::done) {
        return status == IoStatus::want_read || status == IoStatus::want_write;
      }
    }
  }

  [[nodiscard]] ::pollfd poll_entry() noexcept {
    const int events =
        (has_room() && connection_.wants_read() ? POLLIN : 0) | (connection_.wants_write() ? POLLOUT : 0);
    return {connection_.transport().native_handle(), static_cast<short>(events), 0};
  }

 private:
  [[nodiscard]] bool has_room() const noexcept { return unsent_.size() < 65536; }  // else the peer does not read

  tlsmode::Connection<EchoPolicy> connection_;
  std::vector<std::byte> unsent_;
};

void serve(const examples::Listener& listener, std::size_t clients) {
  const tlsmode::Context<EchoPolicy> context{examples::identity()};
  std::vector<Session> sessions;
  while (clients != 0 || !sessions.empty()) {
    std::vector<::pollfd> entries{{listener.native_handle(), static_cast<short>(clients != 0 ? POLLIN : 0), 0}};
    for (Session& session : sessions) {
      entries.push_back(session.poll_entry());
    }
    examples::require(::poll(entries.data(), entries.size(), 20'000) > 0);
    for (std::size_t i = sessions.size(); i-- != 0;) {
      if (entries[i + 1].revents != 0 && !sessions[i].go_on()) {
        sessions.erase(sessions.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    if (entries[0].revents != 0) {
      tlsmode::Socket socket = listener.accept();
      examples::make_non_blocking(socket.native_handle());
      sessions.emplace_back(tlsmode::Connection{context, std::move(socket)});
      --clients;
    }
  }
}

}  // namespace

int main() {
  return examples::run([] {
    const examples::Listener listener{8192};
    const examples::EchoClients clients{listener.port(), 16};
    serve(listener, 16);
  });
}
