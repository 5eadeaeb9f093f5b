// SPDX-License-Identifier: MIT
// Drives non-blocking sessions with epoll, edge-triggered: each descriptor is registered once, and worked until it would block.
#ifndef TLSMODE_BENCH_SUPPORT_EPOLL_PEER_HPP
#define TLSMODE_BENCH_SUPPORT_EPOLL_PEER_HPP

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <concepts>
#include <memory>
#include <vector>

#include "peer.hpp"

namespace bench {

/// The answer 0 means "not now": the same call again after the next event.
template <class Type>
concept NonBlockingSession = requires(Type session, std::span<const std::byte> out, std::span<std::byte> in) {
  { session.try_handshake() } -> std::same_as<bool>;
  { session.try_write(out) } -> std::same_as<std::size_t>;
  { session.try_read(in) } -> std::same_as<std::size_t>;
  { session.try_flush() } -> std::same_as<bool>;
  session.close();
  { session.facts() } -> std::same_as<Facts>;
};

template <class Shared, NonBlockingSession Session>
class EpollPeer final : public Peer {
 public:
  explicit EpollPeer(const Setup& setup) : shared_(setup), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    require(epoll_ >= 0, "epoll_create1");
  }
  ~EpollPeer() override { ::close(epoll_); }

  void open(int descriptor) override {
    require(::fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0, "O_NONBLOCK");
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = sessions_.size();
    require(::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0, "epoll_ctl");
    sessions_.push_back(std::make_unique<Session>(shared_, descriptor));
    while (!sessions_.back()->try_handshake()) wait([](std::size_t) {});
  }

  void play(std::size_t first, std::span<Script> scripts) override {
    buffer_.resize(scripts[0].read_size());
    std::size_t left = scripts.size();
    const auto advance_one = [&](std::size_t connection) {
      if (connection >= first && connection - first < scripts.size() &&
          advance(*sessions_[connection], scripts[connection - first]))
        --left;
    };
    for (std::size_t i = 0; i < scripts.size(); ++i) advance_one(first + i);
    while (left != 0) wait(advance_one);
  }

  void close() override {
    for (auto& session : sessions_) session->close();
    sessions_.clear();
  }

  Facts facts(std::size_t connection) override { return sessions_[connection]->facts(); }

 private:
  /// Works until the script ends (true, once) or has to wait (false).
  bool advance(Session& session, Script& script) {
    for (;;) {
      const Step step = script.next();
      switch (step.kind) {
        case Step::Kind::write: {
          const std::size_t count = session.try_write(step.bytes);
          if (count == 0) return false;
          script.wrote(count);
          break;
        }
        case Step::Kind::flush:
          if (!session.try_flush()) return false;
          script.flushed();
          break;
        case Step::Kind::read: {
          const std::size_t count = session.try_read(buffer_);
          if (count == 0) return false;
          script.received(std::span(buffer_).first(count));
          break;
        }
        case Step::Kind::end: return script.end_once();
      }
    }
  }

  template <class Handler>
  void wait(Handler handler) {
    epoll_event events[64];
    const int count = ::epoll_wait(epoll_, events, 64, -1);
    require(count > 0, "epoll_wait");
    for (int i = 0; i < count; ++i) handler(static_cast<std::size_t>(events[i].data.u64));
  }

  Shared shared_;
  int epoll_;
  std::vector<std::byte> buffer_;
  std::vector<std::unique_ptr<Session>> sessions_;
};

}  // namespace bench

#endif
