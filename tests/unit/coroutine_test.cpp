// SPDX-License-Identifier: MIT
#include <tlsmode/coroutine.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode_tests;
using tlsmode::Readiness;
using tlsmode::WaitResult;
using tlsmode::WaitStatus;

namespace {

/// A coroutine that begins at once, and is destroyed with this object.
class Task {
 public:
  struct promise_type {
    Task get_return_object() { return Task{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_{handle} {}
  Task(Task&& other) noexcept : handle_{std::exchange(other.handle_, nullptr)} {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }
  [[nodiscard]] bool done() const { return handle_.done(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

/// Is ready when the test says so.
struct ManualSource {
  struct Wait {
    Readiness readiness;
    tlsmode::ReadinessCallback callback;
    void* context;
  };
  void arm(Readiness readiness, tlsmode::ReadinessCallback callback, void* context) noexcept {
    waits.push_back({readiness, callback, context});
  }
  void disarm(void* context) noexcept {
    std::erase_if(waits, [&](const Wait& wait) { return wait.context == context; });
  }
  /// Ends the waits that there are now. Returns: how many there were.
  std::size_t fire(WaitStatus status = WaitStatus::done) {
    const std::vector<Wait> over = std::exchange(waits, {});
    for (const Wait& wait : over) wait.callback(wait.context, status);
    return over.size();
  }
  std::vector<Wait> waits;
};
static_assert(tlsmode::ReadinessSource<ManualSource>);

const std::string text = pattern(100'000);

template <typename C>
Task talk(C& connection, ManualSource& source, std::string& answer, WaitResult& end) {
  const WaitStatus shaken = co_await async_handshake(connection, source);
  CHECK(shaken == WaitStatus::done);
  const WaitResult written = co_await async_write_all(connection, text, source);
  CHECK(written == WaitResult{WaitStatus::done, text.size()});
  const WaitResult read = co_await async_read_exactly(connection, answer, source);
  CHECK(read == WaitResult{WaitStatus::done, answer.size()});
  end = co_await async_close(connection, source);
}

template <typename C>
Task echo(C& connection, ManualSource& source) {
  std::string buffer(16'384, '\0');
  WaitResult read = co_await async_read_some(connection, buffer, source);
  while (read.status == WaitStatus::done) {
    const auto got = std::string_view{buffer}.substr(0, read.bytes);
    const WaitResult written = co_await async_write_all(connection, got, source);
    CHECK(written == WaitResult{WaitStatus::done, got.size()});
    read = co_await async_read_some(connection, buffer, source);
  }
  CHECK(read.status == WaitStatus::closed);
  const WaitStatus shut = co_await async_shutdown(connection, source);
  CHECK(shut == WaitStatus::done);
}

template <typename C>
Task write_only(C& connection, ManualSource& source, std::string& lent, WaitResult& result) {
  result = co_await async_write_all(connection, lent, source);
}

}  // namespace

TEMPLATE_TEST_CASE("coroutines talk to each other, by every rule", "", tlsmode::StrictWrites, tlsmode::PartialWrites,
                   tlsmode::MovingWrites, tlsmode::PartialMovingWrites, tlsmode::BufferedWrites) {
  TlsPair<WithRule<tlsmode::Client, TestType>> pair;
  ManualSource client_source;
  ManualSource server_source;
  std::string answer(text.size(), '\0');
  WaitResult end{WaitStatus::failed, 0};
  const Task client = talk(pair.client, client_source, answer, end);
  const Task server = echo(pair.server, server_source);
  for (int turn = 0; turn != 1000 && !(client.done() && server.done()); ++turn) {
    pair.wire.to_server.budget = pair.wire.to_client.budget = 9000;
    client_source.fire();
    server_source.fire();
  }
  CHECK(client.done());
  CHECK(server.done());
  CHECK((answer == text));
  CHECK(end == WaitResult{WaitStatus::done, 0});
}

TEMPLATE_TEST_CASE("a coroutine that is destroyed while it waits gives its write up, and its source forgets it", "",
                   tlsmode::StrictWrites, tlsmode::PartialWrites, tlsmode::MovingWrites, tlsmode::PartialMovingWrites,
                   tlsmode::BufferedWrites) {
  TlsPair<WithRule<tlsmode::Client, TestType>> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 20'000;
  ManualSource source;
  auto lent = std::optional<std::string>{text};
  WaitResult result{WaitStatus::failed, 0};
  {
    const Task writer = write_only(pair.client, source, *lent, result);
    REQUIRE(source.waits.size() == 1);
    CHECK(source.waits[0].readiness == Readiness::write);
  }
  lent.reset();
  CHECK(source.waits.empty());
  CHECK(pair.client.pending_write().length == 0);
  pair.wire.to_server.budget = unlimited;
  REQUIRE(pair.client.shutdown() == tlsmode::IoStatus::done);
  const Heard heard = hear(pair.server);
  CHECK((heard.text == text.substr(0, heard.text.size())));
  CHECK(heard.end == tlsmode::IoStatus::closed);
}

TEST_CASE("a source that gives up ends the operation as a waiter does, with what the peer will get") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 20'000;
  ManualSource source;
  std::string lent = text;
  WaitResult result{WaitStatus::failed, 0};
  const Task writer = write_only(pair.client, source, lent, result);
  REQUIRE(source.fire(WaitStatus::timeout) == 1);
  CHECK(writer.done());
  CHECK(result.status == WaitStatus::timeout);
  CHECK(pair.client.error().kind() == tlsmode::ErrorKind::timeout);
  pair.wire.to_server.budget = unlimited;
  REQUIRE(pair.client.flush() == tlsmode::IoStatus::done);
  CHECK((hear(pair.server).text == text.substr(0, result.bytes)));
}
