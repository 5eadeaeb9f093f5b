// SPDX-License-Identifier: MIT
#include "faults/system_calls.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace faults {
namespace {

Watched* watched = nullptr;

}  // namespace

Watched::Watched(int descriptor) noexcept : descriptor_{descriptor} { watched = this; }
Watched::~Watched() { watched = nullptr; }

Watched* Watched::of(int descriptor) noexcept {
  return watched != nullptr && watched->descriptor_ == descriptor ? watched : nullptr;
}

int Watched::before_call(bool receives_bytes) noexcept {
  if (interruptions_of_call_ != interruptions) {
    ++interruptions_of_call_;
    ++interrupted;
    return EINTR;
  }
  interruptions_of_call_ = 0;
  ++(receives_bytes ? receives : sends);
  bool& blocks = blocks_[receives_bytes ? 0 : 1];
  return every_other_blocks && std::exchange(blocks, !blocks) ? EAGAIN : 0;
}

namespace {

::ssize_t raw_send(int descriptor, const void* from, std::size_t size, int flags) {
  return ::syscall(SYS_sendto, descriptor, from, size, flags, nullptr, 0);
}

}  // namespace
}  // namespace faults

extern "C" {

::ssize_t recv(int descriptor, void* to, std::size_t size, int flags) {
  if (faults::Watched* const watched = faults::Watched::of(descriptor)) {
    if (const int reason = watched->before_call(true); reason != 0) {
      errno = reason;
      return -1;
    }
    size = std::min(size, watched->most);
  }
  return ::syscall(SYS_recvfrom, descriptor, to, size, flags, nullptr, nullptr);
}

::ssize_t send(int descriptor, const void* from, std::size_t size, int flags) {
  if (faults::Watched* const watched = faults::Watched::of(descriptor)) {
    if (const int reason = watched->before_call(false); reason != 0) {
      errno = reason;
      return -1;
    }
    size = std::min(size, watched->most);
  }
  return faults::raw_send(descriptor, from, size, flags);
}

::ssize_t sendmsg(int descriptor, const ::msghdr* message, int flags) {
  if (faults::Watched* const watched = faults::Watched::of(descriptor)) {
    if (const int reason = watched->before_call(false); reason != 0) {
      errno = reason;
      return -1;
    }
    if (watched->most != tlsmode_tests::unlimited) {
      const ::iovec& first = message->msg_iov[0];
      return faults::raw_send(descriptor, first.iov_base, std::min(first.iov_len, watched->most), flags);
    }
  }
  return ::syscall(SYS_sendmsg, descriptor, message, flags);
}

}  // extern "C"
