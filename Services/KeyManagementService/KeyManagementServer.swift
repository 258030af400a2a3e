import FieldsealServiceRuntime

@main
enum KeyManagementServer {
    static func main() async { await ServerMain.run(KeyManagementApplication.self) }
}
