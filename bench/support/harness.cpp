// SPDX-License-Identifier: MIT
// main() of every peer's program: two processes, a loopback TCP connection or many, one workload, one line of JSON.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "identity.hpp"
#include "options.hpp"
#include "peer.hpp"
#include "report.hpp"

namespace bench {
namespace {

struct Plans {
  Plan client;
  Plan server;
};

Plans plans_for(const Options& options) {
  Plans plans;
  switch (options.workload) {
    case Workload::bulk:
      plans.client = {true, 1, options.bytes, options.write, 1};
      plans.server = {false, 1, 1, 1, options.bytes};
      break;
    case Workload::echo:
      plans.client = {true, options.rounds, options.write, options.write, options.write};
      plans.server = {false,         options.rounds, options.write,
                      options.write, options.write,  static_cast<unsigned>(options.delay)};
      break;
    case Workload::handshake:  // the byte carries the session tickets along, as real traffic would
      plans.client = {false, 1, 0, 1, 1};
      plans.server = {true, 1, 1, 1, 0};
      break;
    case Workload::idle:
      plans.client = {true, 1, options.write, options.write, options.write};
      plans.server = {false, 1, options.write, options.write, options.write};
      break;
  }
  return plans;
}

/// One end: where its sockets come from, and what it does with them.
class End {
 public:
  End(Side side, const Options& options, const Identity& identity, int listener)
      : side_(side), options_(options), listener_(listener), peer_(make_peer({side, identity, options.resume != 0})) {
    Plans plans = plans_for(options);
    plan_ = side == Side::client ? plans.client : plans.server;
  }

  Report run() {
    switch (options_.workload) {
      case Workload::bulk: transfer(); break;
      case Workload::echo: echo(); break;
      case Workload::handshake: handshakes(); break;
      case Workload::idle: idle(); break;
    }
    return report_;
  }

  Facts facts() { return facts_; }
  const std::vector<std::int64_t>& round_times() const { return round_times_; }

 private:
  void transfer() {
    open();
    std::vector<Script> scripts{Script(plan_)};
    measured_play(scripts);
  }

  void echo() {
    for (std::uint64_t i = 0; i < options_.connections; ++i) open();
    Plan warm_up = plan_;
    warm_up.rounds = std::min<std::uint64_t>(plan_.rounds, options_.connections == 1 ? 20 : 1);
    std::vector<Script> rehearsal(options_.connections, Script(warm_up));
    peer_->play(0, rehearsal);
    auto* times = side_ == Side::client ? &round_times_ : nullptr;
    round_times_.reserve(options_.rounds * options_.connections);
    std::vector<Script> scripts(options_.connections, Script(plan_, times));
    measured_play(scripts);
  }

  void handshakes() {
    handshake();  // fills caches, and the session to resume
    const Usage before = Usage::now();
    report_.resumed = 0;
    for (std::uint64_t i = 0; i < options_.rounds; ++i) handshake();
    report_.used = Usage::now() - before;
  }

  void handshake() {
    open();
    play_one(0);
    facts_ = peer_->facts(0);
    report_.resumed += facts_.resumed;
    peer_->close();
    descriptors_.clear();
  }

  void idle() {
    open();  // the first one also pays for what all of them share
    play_one(0);
    const std::uint64_t before = private_kib();
    for (std::uint64_t i = 1; i <= options_.connections; ++i) {
      open();
      play_one(i);
    }
    report_.private_kib = private_kib() - before;
    facts_ = peer_->facts(0);
    meet();
  }

  void play_one(std::size_t connection) {
    Script script(plan_);
    peer_->play(connection, {&script, 1});
  }

  /// Never inlined: callgrind finds it by its name, and counts what happens inside.
  [[gnu::noinline]] void measured_play(std::vector<Script>& scripts) {
    const std::uint64_t sent = wire_bytes();
    const Usage before = Usage::now();
    peer_->play(0, scripts);
    report_.used = Usage::now() - before;
    report_.wire_bytes = wire_bytes() - sent;
    facts_ = peer_->facts(0);
    meet();
  }

  /// Both ends have measured before either leaves: the client says so on a connection of its own.
  void meet() {
    const int descriptor = side_ == Side::client ? connect_one() : accept_one();
    char byte = 'x';
    if (side_ == Side::client) {
      require(::send(descriptor, &byte, 1, 0) == 1, "send");
      require(::recv(descriptor, &byte, 1, 0) == 1, "the server is gone");
    } else {
      require(::recv(descriptor, &byte, 1, 0) == 1, "the client is gone");
      require(::send(descriptor, &byte, 1, 0) == 1, "send");
    }
    ::close(descriptor);
    const linger at_once{1, 0};  // thousands of these must not keep their ports busy
    for (int each : descriptors_) ::setsockopt(each, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  void open() {
    const int descriptor = side_ == Side::client ? connect_one() : accept_one();
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    descriptors_.push_back(descriptor);
    peer_->open(descriptor);
  }

  int connect_one() {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(descriptor >= 0 && ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0, "connect");
    return descriptor;
  }

  int accept_one() {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    require(descriptor >= 0, "accept");
    return descriptor;
  }

  std::uint64_t wire_bytes() const {
    std::uint64_t bytes = 0;
    for (int descriptor : descriptors_) bytes += wire_bytes_sent(descriptor);
    return bytes;
  }

  Side side_;
  const Options& options_;
  int listener_;
  std::unique_ptr<Peer> peer_;
  Plan plan_;
  std::vector<int> descriptors_;
  std::vector<std::int64_t> round_times_;
  Report report_;
  Facts facts_;
};

int listen_on_loopback() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  require(descriptor >= 0 && ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
  require(::listen(descriptor, 64) == 0, "listen");
  return descriptor;
}

/// Does not return: the server's process ends here.
[[noreturn]] void serve(const Options& options, const Identity& identity, int listener, int pipe_end) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::alarm(static_cast<unsigned>(options.seconds));
  if (options.cores != 0) pin_to_core(options.cores > 1 ? 1 : 0);
  {
    End end(Side::server, options, identity, listener);
    const Report report = end.run();
    require(::write(pipe_end, &report, sizeof report) == sizeof report, "cannot report");
  }
  std::exit(0);
}

int run(const Options& options) {
  ::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit(options.connections + 64);
  const Identity identity = make_identity(options.chain != 0);
  Pattern::shared();
  const int listener = listen_on_loopback();
  int pipe_ends[2];
  require(::pipe(pipe_ends) == 0, "pipe");
  const pid_t server = ::fork();
  require(server >= 0, "fork");
  if (server == 0) serve(options, identity, listener, pipe_ends[1]);
  ::close(pipe_ends[1]);
  ::alarm(static_cast<unsigned>(options.seconds));
  if (options.cores != 0) pin_to_core(0);
  End end(Side::client, options, identity, listener);
  const Report client = end.run();
  Report report;
  require(::read(pipe_ends[0], &report, sizeof report) == sizeof report, "the server did not report");
  int status = 0;
  require(::waitpid(server, &status, 0) == server && status == 0, "the server failed");
  if (options.workload == Workload::handshake) {
    require(client.resumed == (options.resume != 0 ? options.rounds : 0),
            "not all handshakes were of the kind asked for");
  }
  print_report(options, end.facts(), client, report, end.round_times());
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::run(bench::parse_options(argc, argv)); }
