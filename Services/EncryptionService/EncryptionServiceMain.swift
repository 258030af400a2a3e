import FieldsealServiceRuntime

@main
enum EncryptionServiceMain {
    static func main() async {
        await ServerMain.run(Application.self)
    }
}
