// SPDX-License-Identifier: MIT
#ifndef TLSMODE_EXAMPLES_SUPPORT_EPOLL_LOOP_HPP
#define TLSMODE_EXAMPLES_SUPPORT_EPOLL_LOOP_HPP

// The least that coroutines need: a loop on bare epoll, a source of readiness for each socket, and a task.

#include <coroutine>
#include <exception>
#include <utility>

#include <sys/epoll.h>
#include <unistd.h>

#include <tlsmode/coroutine.hpp>

#include "support/loopback.hpp"

namespace examples {

class EpollLoop {
 public:
  /// A socket in the loop; models tlsmode::ReadinessSource, for one coroutine that waits at a time. It outlives no loop.
  class Source {
   public:
    Source(EpollLoop& loop, int descriptor) : loop_{loop.epoll_}, descriptor_{descriptor} {
      ::epoll_event event{0, {.ptr = this}};
      check(::epoll_ctl(loop_, EPOLL_CTL_ADD, descriptor_, &event), "epoll_ctl");
    }
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    ~Source() { ::epoll_ctl(loop_, EPOLL_CTL_DEL, descriptor_, nullptr); }

    void arm(tlsmode::Readiness readiness, tlsmode::ReadinessCallback callback, void* context) noexcept {
      callback_ = callback;
      context_ = context;
      watch((readiness != tlsmode::Readiness::write ? EPOLLIN : 0U) |
            (readiness != tlsmode::Readiness::read ? EPOLLOUT : 0U) | EPOLLONESHOT);
    }
    void disarm(void*) noexcept {
      callback_ = nullptr;
      watch(EPOLLONESHOT);
    }

   private:
    friend class EpollLoop;
    void watch(unsigned events) noexcept {
      ::epoll_event event{events, {.ptr = this}};
      ::epoll_ctl(loop_, EPOLL_CTL_MOD, descriptor_, &event);
    }
    void ready() {
      if (const auto callback = std::exchange(callback_, nullptr)) {
        callback(context_, tlsmode::WaitStatus::done);
      }
    }
    int loop_;
    int descriptor_;
    tlsmode::ReadinessCallback callback_ = nullptr;
    void* context_ = nullptr;
  };

  EpollLoop() : epoll_{check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")} {}
  EpollLoop(const EpollLoop&) = delete;
  EpollLoop& operator=(const EpollLoop&) = delete;
  ~EpollLoop() { ::close(epoll_); }

  /// Waits for one socket, and lets its coroutine go on.
  void turn() {
    ::epoll_event event{};
    if (check(::epoll_wait(epoll_, &event, 1, 20'000), "epoll_wait") == 1) {
      static_cast<Source*>(event.data.ptr)->ready();
    }
  }

 private:
  int epoll_;
};

/// A coroutine that begins at once, and ends with this object at the latest.
class Task {
 public:
  struct promise_type {
    Task get_return_object() { return Task{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { failure = std::current_exception(); }
    std::exception_ptr failure;
  };
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_{handle} {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() { handle_.destroy(); }

  /// Errors: throws what the coroutine has thrown.
  [[nodiscard]] bool done() const {
    if (handle_.promise().failure) {
      std::rethrow_exception(handle_.promise().failure);
    }
    return handle_.done();
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

}  // namespace examples

#endif
