import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Asks the model `hp` with the JDK's own client; prints one line per question: its name, status, answer. */
public class AskModel {
  private final String models;
  private final HttpClient client;

  private AskModel(String base, HttpClient client) {
    this.models = base + "/v1/models/";
    this.client = client;
  }

  public static void main(String[] arguments) throws Exception {
    HttpClient offersHttp2 = HttpClient.newHttpClient();
    HttpClient plain = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    for (HttpClient client : List.of(offersHttp2, plain)) {
      new AskModel(arguments[0], client).askAll();
    }
  }

  private void askAll() throws Exception {
    String instances = "{\"instances\": [4.0]}";
    byte[] bytes = instances.getBytes(StandardCharsets.UTF_8);
    print("predict", post("hp:predict", BodyPublishers.ofString(instances)).build());
    print("again", post("hp:predict", BodyPublishers.ofByteArray(bytes)).build());
    print("status", request("hp/versions/1").GET().build());
    print(
        "chunked",
        post("hp:predict", BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes)))
            .build());
    print(
        "expects",
        post("hp:predict", BodyPublishers.ofString(instances)).expectContinue(true).build());
    print("unknown", post("nope:predict", BodyPublishers.ofString(instances)).build());
    print("many", post("hp:predict", BodyPublishers.ofString(many())).build());
    printAtOnce(post("hp:predict", BodyPublishers.ofString(instances)).build());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(models + path));
  }

  private HttpRequest.Builder post(String path, BodyPublisher body) {
    return request(path).header("Content-Type", "application/json").POST(body);
  }

  private static String many() {
    String rows = IntStream.range(0, 50_000).mapToObj(i -> "4.0").collect(Collectors.joining(","));
    return "{\"instances\": [" + rows + "]}";
  }

  private void print(String name, HttpRequest request) throws Exception {
    HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
    String text = answer.body().replaceAll("\\s+", "");
    String shown = text.length() > 200 ? text.substring(0, 28) + text.length() : text;
    System.out.println(name + " " + answer.version() + " " + answer.statusCode() + " " + shown);
  }

  private void printAtOnce(HttpRequest request) {
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      answers.add(client.sendAsync(request, BodyHandlers.ofString()));
    }
    long good = answers.stream().filter(answer -> answer.join().body().contains("5.0")).count();
    System.out.println("at once " + good);
  }
}
