// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_FAULTS_PEER_PROCESS_HPP
#define TLSMODE_TESTS_FAULTS_PEER_PROCESS_HPP

// A peer in a process of its own, which can be killed.

#include <csignal>
#include <string>
#include <vector>

#include <sys/types.h>
#include <sys/wait.h>

#include "faults/ends.hpp"

namespace faults {

enum class Carrier { unix_stream, tcp };
enum class Ending { killed, closed, reset };

/// One way for a peer to go.
struct Scene {
  Carrier carrier;
  Ending ending;
  int version;
  [[nodiscard]] std::string text() const {
    return std::string{carrier == Carrier::tcp ? "TCP" : "Unix"} + ", " +
           (ending == Ending::killed   ? "killed"
            : ending == Ending::closed ? "closed"
                                       : "reset") +
           (version == TLS1_2_VERSION ? ", TLS 1.2" : ", TLS 1.3");
  }
};

[[nodiscard]] inline std::vector<Scene> scenes() {
  std::vector<Scene> all;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const Ending ending : {Ending::killed, Ending::closed}) {
      all.push_back({Carrier::unix_stream, ending, version});
      all.push_back({Carrier::tcp, ending, version});
    }
    all.push_back({Carrier::tcp, Ending::reset, version});
  }
  return all;
}

class PeerProcess {
 public:
  /// The peer does `act`, reports that it is there, and waits for its end.
  template <typename Act>
  PeerProcess(const Scene& scene, Act act, int buffer = 0) : ending_{scene.ending} {
    static_cast<void>(tlsmode_tests::default_server());  // made once, here, and not in every child
    Ends ends = scene.carrier == Carrier::tcp ? tcp_ends(buffer) : unix_ends();
    int report[2];
    int command[2];
    REQUIRE(::pipe(report) == 0);
    REQUIRE(::pipe(command) == 0);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      ::alarm(60);
      ::close(ends.ours);
      ::close(report[0]);
      ::close(command[1]);
      live(ends.theirs, scene.version, act, report[1], command[0]);
    }
    ::close(ends.theirs);
    ::close(report[1]);
    ::close(command[0]);
    descriptor = ends.ours;
    report_ = report[0];
    command_ = command[1];
  }
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;
  ~PeerProcess() {
    end_with(SIGKILL);
    ::close(report_);
    ::close(command_);
  }

  /// Does `step` whenever our end has input, until it answers true and the peer is there.
  template <typename Step>
  void accompany(Step step) {
    bool stepped = false;
    for (int round = 0; round != 10'000; ++round) {
      stepped = stepped || step();
      ::pollfd both[2] = {{stepped ? -1 : descriptor, POLLIN, 0}, {report_, POLLIN, 0}};
      REQUIRE(::poll(both, 2, patience) > 0);
      if (both[1].revents != 0 && (stepped || both[0].revents == 0)) {
        char there = 0;
        REQUIRE(::read(report_, &there, 1) == 1);
        return;
      }
    }
    FAIL("the peer does not get there");
  }
  void await_report() {
    accompany([] { return true; });
  }

  /// Lets the peer go as the scene says, and waits until our end has noticed.
  void end() {
    if (ending_ == Ending::killed) {
      end_with(SIGKILL);
    } else {
      tell(ending_ == Ending::reset ? 'r' : 'c');
      end_with(0);
    }
    REQUIRE(await(descriptor, POLLRDHUP) != 0);
  }

  void tell(char what) const noexcept { static_cast<void>(!::write(command_, &what, 1)); }
  [[nodiscard]] int command() const noexcept { return command_; }

  int descriptor = -1;  // our end: the connection's to close

  /// For acts of the child: waits for tell().
  static char hear(int command) noexcept {
    char what = 0;
    return ::read(command, &what, 1) == 1 ? what : '\0';
  }

 private:
  template <typename Act>
  [[noreturn]] static void live(int descriptor, int version, Act act, int report, int command) noexcept {
    {
      Peer peer{descriptor, version};
      if constexpr (requires { act(peer, command); }) {
        act(peer, command);
      } else {
        act(peer);
      }
      static_cast<void>(!::write(report, "x", 1));
      if (hear(command) == 'r') peer.reset();
    }
    ::_exit(0);
  }

  void end_with(int signal) noexcept {
    if (child_ <= 0) return;
    if (signal != 0) ::kill(child_, signal);
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
  }

  Ending ending_;
  ::pid_t child_ = -1;
  int report_ = -1;
  int command_ = -1;
};

/// The errors a peer that is gone is reported with.
[[nodiscard]] inline bool says_gone(const tlsmode::Error& error) {
  using tlsmode_tests::says;
  const bool reset =
      error.system_error() == ECONNRESET && says(error, "the transport failed; Connection reset by peer");
  const bool pipe = error.system_error() == EPIPE && says(error, "the transport failed; Broken pipe");
  return error.kind() == tlsmode::ErrorKind::system && (reset || pipe) && says(error, "Remedy: the peer is gone");
}

}  // namespace faults

#endif
