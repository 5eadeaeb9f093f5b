// SPDX-License-Identifier: MIT
// Fixed scenarios whose cost can be counted exactly: instructions (callgrind, inside the measured_ functions only), system calls and
// allocations (the preloaded shim). A socket pair, a raw OpenSSL end at the other side: nothing is left to chance.
// Usage: bench_counters <subject> <scenario> <repeats>
#include <fcntl.h>
#include <sys/socket.h>

#include <thread>

#include "../peers/raw_session.hpp"
#include "../peers/tlsmode_session.hpp"
#include "../support/identity.hpp"
#include "../support/pattern.hpp"
#include "../support/usage.hpp"

namespace bench {
namespace {

// What callgrind and the shim see of the subject. Never inlined: callgrind finds them by name.
template <class Session, class Shared>
[[gnu::noinline]] std::unique_ptr<Session> measured_open(Shared& shared, int descriptor) {
  return std::make_unique<Session>(shared, descriptor);
}
template <class Session>
[[gnu::noinline]] void measured_write(Session& session, std::span<const std::byte> bytes) {
  session.write(bytes);
}
template <class Session>
[[gnu::noinline]] void measured_flush(Session& session) {
  session.flush();
}
template <class Session>
[[gnu::noinline]] std::size_t measured_read(Session& session, std::span<std::byte> bytes) {
  return session.read(bytes);
}
template <class Session>
[[gnu::noinline]] std::size_t measured_try_read(Session& session, std::span<std::byte> bytes) {
  return session.try_read(bytes);
}

template <class Shared, class Session>
class Bench {
 public:
  Bench(Side side, bool resume)
      : identity_(make_identity()),
        shared_({side, identity_, resume}),
        other_shared_({side == Side::client ? Side::server : Side::client, identity_, resume}) {
    connect([&](int descriptor) { return std::make_unique<Session>(shared_, descriptor); });
    for (int i = 0; i < 4; ++i) warm_up();
  }

  /// A connection to the end, with a byte from the server, which carries the session tickets along.
  void handshake(Side side, bool resume) {
    session_->close();  // else its session could not be resumed
    other_->close();
    handshake();
    side == Side::client ? read(1) : write(1, 1);
    require(session_->facts().resumed == resume, "not the kind of handshake that was asked for");
  }
  void handshake() {
    connect([&](int descriptor) {
      const Counts before = counts();
      session_.reset();
      auto session = measured_open<Session>(shared_, descriptor);
      add(before);
      return session;
    });
  }
  void echo(std::size_t size) {
    write(size, 1);
    read(size);
  }

  /// What an event loop does when a request has come: reads it, answers, and reads on until there is nothing more.
  void event(std::size_t size) {
    ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);
    other_->write(Pattern::shared().view(received_, size));
    event_read(size);
    write(size, 1);
    event_read(0);
  }

  void write(std::size_t size, int times) {
    const Counts before = counts();
    for (int i = 0; i < times; ++i)
      measured_write(*session_, Pattern::shared().view(sent_ + static_cast<unsigned>(i) * size, size));
    measured_flush(*session_);
    add(before);
    receive(*other_, sent_, size * static_cast<unsigned>(times),
            [](RawSession& other, std::span<std::byte> bytes) { return other.read(bytes); });
    sent_ += size * static_cast<unsigned>(times);
  }

  void read(std::size_t size) {
    other_->write(Pattern::shared().view(received_, size));
    receive(*session_, received_, size, [&](Session& session, std::span<std::byte> bytes) {
      const Counts before = counts();
      const std::size_t count = measured_read(session, bytes);
      add(before);
      return count;
    });
    received_ += size;
  }

  /// One more connection that has carried 16 KiB each way, and stays.
  void idle() {
    idle_.push_back(std::move(session_));
    other_idle_.push_back(std::move(other_));
    handshake();
    echo(16384);
  }

  [[nodiscard]] const Counts& total() const { return total_; }

 private:
  /// Reads `size` bytes, or finds nothing.
  void event_read(std::size_t size) {
    const Counts before = counts();
    const std::size_t count = measured_try_read(*session_, buffer_);
    add(before);
    require(count == size && Pattern::shared().matches(received_, {buffer_, count}), "not what has come");
    received_ += count;
  }

  /// The other end does its part in a thread of its own, which neither callgrind's toggle nor the shim's counts include.
  template <class Open>
  void connect(Open open) {
    int ends[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
    for (int end : ends) {  // a write of 64 KiB must fit, since nobody reads meanwhile
      const int size = 208 << 10;
      ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    }
    std::thread other([&] { other_ = std::make_unique<RawSession>(other_shared_, ends[1]); });
    descriptor_ = ends[0];
    session_ = open(descriptor_);
    other.join();
  }

  /// An echo that nobody counts: session tickets are read, buffers exist.
  void warm_up() {
    constexpr std::size_t size = 64;
    const auto read_some = [](auto& end, std::span<std::byte> bytes) { return end.read(bytes); };
    session_->write(Pattern::shared().view(sent_, size));
    session_->flush();
    receive(*other_, sent_, size, read_some);
    other_->write(Pattern::shared().view(received_, size));
    receive(*session_, received_, size, read_some);
    sent_ += size, received_ += size;
  }

  template <class End, class Read>
  void receive(End& end, std::uint64_t offset, std::size_t size, Read read_some) {
    while (size != 0) {
      const std::size_t count = read_some(end, buffer_);
      require(Pattern::shared().matches(offset, {buffer_, count}), "received bytes are not the ones sent");
      offset += count, size -= count;
    }
  }

  static Counts counts() {
    const Counts* shim = shim_counts();
    return shim != nullptr ? *shim : Counts{};
  }

  void add(const Counts& before) { total_ = total_ - (before - counts()); }

  Identity identity_;
  Shared shared_;
  OpenSslSide other_shared_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<RawSession> other_;
  std::vector<std::unique_ptr<Session>> idle_;
  std::vector<std::unique_ptr<RawSession>> other_idle_;
  int descriptor_ = -1;  // the session's
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  Counts total_;
  std::byte buffer_[64 << 10];
};

/// Which end the subject is, and whether its sessions are resumed.
struct Ends {
  explicit Ends(const std::string& scenario)
      : side(scenario.starts_with("accept") ? Side::server : Side::client), resume(scenario.ends_with("_resumed")) {}
  Side side;
  bool resume;
};

template <class Shared, class Session>
void run(const std::string& scenario, int repeats) {
  const Ends ends{scenario};
  auto bench = std::make_unique<Bench<Shared, Session>>(ends.side, ends.resume);
  for (int i = 0; i < repeats; ++i) {
    if (scenario.starts_with("connect") || scenario.starts_with("accept"))
      bench->handshake(ends.side, ends.resume);
    else if (scenario == "echo_64")
      bench->echo(64);
    else if (scenario == "event_64")
      bench->event(64);
    else if (scenario == "event_4k")
      bench->event(4096);
    else if (scenario == "write_16k")
      bench->write(16384, 1);
    else if (scenario == "write_64k")
      bench->write(65536, 1);
    else if (scenario == "read_64k")
      bench->read(65536);
    else if (scenario == "write_100_x_100")
      bench->write(100, 100);
    else if (scenario == "idle")
      bench->idle();
    else
      fail("no such scenario");
  }
  const Counts& total = bench->total();
  std::printf("{\"repeats\": %d, \"system_calls\": %ju, \"allocations\": %ju, \"held_bytes\": %jd}\n", repeats,
              std::uintmax_t{total.system_calls()}, std::uintmax_t{total.allocations},
              static_cast<std::intmax_t>(total.held_bytes));
}

template <class WriteRule, bool releases = false>
void run_tlsmode(const std::string& scenario, int repeats) {
  using ForClient = TlsmodeClient<WriteRule, releases>;
  using ForServer = TlsmodeServer<WriteRule, releases>;
  if (Ends{scenario}.side == Side::client)
    run<TlsmodeSide<ForClient>, TlsmodeSession<ForClient>>(scenario, repeats);
  else
    run<TlsmodeSide<ForServer>, TlsmodeSession<ForServer>>(scenario, repeats);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::require(argc == 4, "usage: bench_counters <subject> <scenario> <repeats>");
  const std::string subject = argv[1];
  const std::string scenario = argv[2];
  const int repeats = std::atoi(argv[3]);
  if (subject == "raw")
    bench::run<bench::OpenSslSide, bench::RawSession>(scenario, repeats);
  else if (subject == "raw_release")
    bench::run<bench::ReleasingSide, bench::RawSession>(scenario, repeats);
  else if (subject == "tlsmode_strict")
    bench::run_tlsmode<tlsmode::StrictWrites>(scenario, repeats);
  else if (subject == "tlsmode_release")
    bench::run_tlsmode<tlsmode::StrictWrites, true>(scenario, repeats);
  else if (subject == "tlsmode_buffered")
    bench::run_tlsmode<tlsmode::BufferedWrites>(scenario, repeats);
  else
    bench::fail("no such subject");
  return 0;
}
