import ArgumentParser
import FieldsealClient

struct KeysScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Show what is due, what is late, and what waits for what.",
        discussion: """
            Actions are rotate, close-window (transition ends), destroy and drill. What an entry waits for: paused; census \
            (none says that no row is left); waiting-period; backups (the data's own have not expired); undeclared (the \
            catalog does not say how long they live); children (keys are still wrapped under it); retry (an attempt failed).

            Fields with values under compromised versions stand above it until a census finds none: their re-encryption \
            goes ahead of other work.
            """)

    @Argument(help: "Only this key and those under it.")
    var name: String?

    @Flag(name: .long, help: "Only what is late.")
    var late = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let schedule = try await connection.withClient { client in
            try await client.keys.schedule(of: name, lateOnly: late, options: connection.callOptions)
        }
        if output.json {
            Console.current.show(schedule.json.text())
            return
        }
        let nothing = late ? "Nothing is late." : "Nothing is scheduled."
        var parts = [schedule.entries.isEmpty ? nothing : schedule.table]
        if !schedule.reencryptions.isEmpty { parts.insert(Reencryption.table(schedule.reencryptions), at: 0) }
        Console.current.show(parts.joined(separator: "\n\n"))
        if schedule.scheduler.isEmpty {
            Console.current.complain("no replica holds the scheduler's lock: nothing happens by itself now")
        }
    }
}

struct KeysPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop scheduled rotations.",
        discussion:
            "Rotations by hand go on, and so do emergencies. What falls due meanwhile is made up for after the pause.")

    @Argument(help: "A key, or a table with its fields; without it, everything.")
    var name: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "When the pause ends by itself: 2026-11-24T10:15:30Z, or in how long: 90s, 15m, 2h, 3d.", valueName: "time")
    )
    var until: ComingTimeArgument?

    @Flag(name: .long, help: "Only tell what would be paused.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        if dryRun {
            let schedule = try await connection.withClient { client in
                try await client.keys.schedule(of: name, options: connection.callOptions)
            }
            showPreview(schedule.rotations, "These rotations would wait; nothing was changed.", output)
            return
        }
        let paused = try await connection.withClient { client in
            try await client.keys.pauseRotation(
                of: name, until: until.map { $0.unixMicroseconds / 1000 }, options: connection.callOptions)
        }
        showPaused(paused, output)
    }
}

struct KeysResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "End the pause that was made under the same name.")

    @Argument(help: "As it was given to pause; without it, the pause of everything.")
    var name: String?

    @Flag(name: .long, help: "Only tell what would go on.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        if dryRun {
            let schedule = try await connection.withClient { client in
                try await client.keys.schedule(of: name, options: connection.callOptions)
            }
            showPreview(
                schedule.rotations.filter { $0.waitsFor == "paused" },
                "These rotations would no longer wait for this pause; nothing was changed.", output)
            return
        }
        let paused = try await connection.withClient { client in
            try await client.keys.resumeRotation(of: name, options: connection.callOptions)
        }
        showPaused(paused, output)
    }
}

private func showPreview(_ entries: [ScheduleEntry], _ heading: String, _ output: OutputOptions) {
    if output.json {
        Console.current.show(
            JSON.object([("dry-run", .bool(true)), ("entries", .array(entries.map(\.json)))]).text())
    } else {
        Console.current.show("\(heading)\n\(KeySchedule.table(entries))")
    }
}

private func showPaused(_ paused: [PausedRotation], _ output: OutputOptions) {
    if output.json {
        Console.current.show(JSON.object([("paused", .array(paused.map(\.json)))]).text())
    } else if paused.isEmpty {
        Console.current.show("Nothing is paused.")
    } else {
        Console.current.show(PausedRotation.table(paused))
    }
}
