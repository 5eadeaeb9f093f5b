// SPDX-License-Identifier: MIT
// No TLS at all: what the kernel and the harness cost.
#include <sys/socket.h>
#include <unistd.h>

#include "../support/blocking_peer.hpp"

namespace bench {
namespace {

struct Nothing {
  explicit Nothing(const Setup&) {}
};

class Session {
 public:
  Session(Nothing&, int descriptor) : descriptor_(descriptor) {}
  ~Session() { ::close(descriptor_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      require(count > 0, "send");
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  std::size_t read(std::span<std::byte> bytes) {
    const ssize_t count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    require(count > 0, "recv");
    return static_cast<std::size_t>(count);
  }

  void flush() {}
  void close() {}
  Facts facts() { return {"none", "TCP", "none"}; }

 private:
  int descriptor_;
};

}  // namespace

const char* const peer_name = "plain";
std::unique_ptr<Peer> make_peer(const Setup& setup) { return std::make_unique<BlockingPeer<Nothing, Session>>(setup); }

}  // namespace bench
